"""What a change did to a gate, to be read: as text and as Markdown."""

from collections.abc import Sequence
from itertools import groupby

from suite.catalog.errors import visible
from suite.judging.changes.change import Change
from suite.report.tables import markdown


def summary_of(changes: Sequence[Change], base: str, head: str) -> str:
    """How many changes there are from a base to a head, and how many do harm."""
    harmful = sum(change.harmful for change in changes)
    between = f"from {base} to {head}"
    if not changes:
        return f"nothing that the gate holds changed {between}"
    others = len(changes) - harmful
    return f"{harmful} harmful and {others} other {_changes(others)} {between}"


def to_text(changes: Sequence[Change], base: str, head: str) -> str:
    """A line a change, below the file that it is in and what it is of, harmful ones first."""
    lines = [summary_of(changes, base, head)]
    for harmful, group in groupby(changes, key=lambda change: change.harmful):
        lines += ["", "harmful:" if harmful else "others:"]
        for (where, of, cause), alike in groupby(group, key=_heading):
            lines += [f"  {where}: {of}", *([f"    likely cause: {cause}"] if cause else [])]
            lines += [f"    {change.sentence}" for change in alike]
    return visible("\n".join(lines) + "\n")


def to_markdown(changes: Sequence[Change], base: str, head: str) -> str:
    """The same as tables, for a pull request."""
    lines = [f"**{summary_of(changes, base, head)}**", ""]
    for harmful, group in groupby(changes, key=lambda change: change.harmful):
        rows = [
            (
                *(change.kind.value, change.where, change.of),
                *(change.what, change.before, change.after, change.cause),
            )
            for change in group
        ]
        header = ("Kind", "File", "Of", "What", "Before", "After", "Likely cause")
        title = "### Harmful" if harmful else "### Others"
        lines += [title, "", *markdown(header, rows), ""]
    return visible("\n".join(lines))


def _heading(change: Change) -> tuple[str, str, str]:
    return change.where, change.of, change.cause


def _changes(count: int) -> str:
    return "change" if count == 1 else "changes"
