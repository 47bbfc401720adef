"""What the branch did to its gate, right under the verdict: green gates do not show it."""

from suite.report.branch import entries
from suite.report.model import Report


def changed(report: Report) -> list[str]:
    """The section: a line an entry; one line where nothing changed, or nothing was compared."""
    compared = report.compared
    if compared is None:
        return []
    if compared.why_not:
        return [f"**{compared.why_not[0].upper()}{compared.why_not[1:]}**.", ""]
    if not compared.changes:
        return [f"Cards and baselines are as in {compared.named}.", ""]
    lines = [f"- **{entry.effect}**: {entry.said}" for entry in entries(compared)]
    return [f"## Changed since {compared.named}", "", *lines, ""]
