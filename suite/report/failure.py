"""What a red gate prints."""

from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.reference import by_its_name
from suite.report.tables import ROW_HEADER, aligned, row_cells


def cause(record: Record) -> str:
    """Why a gate is red."""
    # Only with --require-all does a gate fail that did not conclude so.
    why = "" if record.outcome is Outcome.FAIL else f"{record.outcome}: "
    (said,) = by_its_name([f"{why}{record.headline}"], record.precision)
    return said


def failure_message(record: Record) -> str:
    """What a red gate prints: the cause, the table, and the command that reproduces it alone."""
    place = f" on {record.dataset}" if record.dataset else ""
    lines = [f"{record.gate}: {record.model} {record.mode}{place}: {cause(record)}"]
    lines += [f"  {note}" for note in record.notes]
    # A red gate's table: what failed first, then the rest.
    rows = sorted(record.rows, key=lambda row: row.outcome is not Outcome.FAIL)
    if rows:
        lines += ["", *aligned(ROW_HEADER, [row_cells(row) for row in rows])]
    lines = [*by_its_name(lines, record.precision), "", f"reproduce: {record.rerun}"]
    return "\n".join(lines)
