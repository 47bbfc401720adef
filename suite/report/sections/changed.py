"""What the branch did to its gate, right under the verdict: green gates do not show it."""

from suite.judging.outcome import Outcome
from suite.report.branch import Entry, changed_identities, entries
from suite.report.model import Report

# Said of a green run, before and after the identities that its branch changed.
IDENTITY_OF = "This branch changed the identity of"
SINCE = "and what is accepted of it: green says no more than that it is so since."
# On the terminal so many entries are said, those of each effect first.
_MOST = 5


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


def changed_lines(report: Report) -> list[str]:
    """The same for the terminal, shortly; nothing where nothing changed."""
    compared = report.compared
    if compared is None or not (compared.why_not or compared.changes):
        return []
    if compared.why_not:
        return [compared.why_not]
    found = foremost(report)
    since = f"since {compared.named}"
    lines = [f"{entry.effect} {since}: {entry.said}" for entry in found[:_MOST]]
    more = len(found) - _MOST
    return [*lines, *([f"and {more} more changes {since}: see the report"] if more > 0 else [])]


def foremost(report: Report) -> list[Entry]:
    """The entries, one of each effect before the others of it."""
    found = entries(report.compared) if report.compared else []
    firsts = {entry.effect: entry for entry in reversed(found)}
    return [
        *(entry for entry in found if entry is firsts[entry.effect]),
        *(entry for entry in found if entry is not firsts[entry.effect]),
    ]


def green_identities(report: Report) -> list[str]:
    """The identities that the branch of a green run changed: its gates say nothing of that."""
    if report.compared is None or report.verdict is Outcome.FAIL:
        return []
    return changed_identities(report.compared)
