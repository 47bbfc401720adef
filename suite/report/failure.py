"""What a red gate prints."""

from suite.judging.outcome import Outcome
from suite.judging.record import Against, Record, Row
from suite.judging.shipping.strain import strain
from suite.report.reference import by_its_name
from suite.report.tables import ROW_HEADER, aligned, row_cells


def cause(record: Record) -> str:
    """Why a gate is red."""
    # Only with --require-all does a gate fail that did not conclude so.
    why = "" if record.outcome is Outcome.FAIL else f"{record.outcome}: "
    (said,) = by_its_name([f"{why}{record.headline}"], record.precision)
    return said


def brief(record: Record) -> str:
    """Why a gate is red, after the figure that is farthest beyond its limit and how it moved.

    Of figures held against FP32 and against what is accepted, the first name is the headline's.
    """
    red = [row for row in record.rows if row.outcome is Outcome.FAIL]
    of_policy = [row for row in red if row.against is not Against.BASELINE]
    worst = max(of_policy or red, key=strain, default=None)
    said = " ".join(cause(record).split())
    if worst is None:
        return said
    (figure,) = by_its_name([_moved(worst)], record.precision)
    return f"{figure}: {said}"


def _moved(row: Row) -> str:
    label, _, before, now, difference, allowed, _ = row_cells(row)
    if not now:
        off = f" {difference.removeprefix('+')} off" if difference else ""
        return f"{label}{off} ({allowed})"
    if row.against is Against.FLOOR or not before:
        return f"{label} {now} ({allowed})"
    return f"{label} {before} → {now} ({difference}; {allowed})"


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
