"""What failed."""

from collections.abc import Sequence

from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.backend import Backends
from suite.report.reference import by_its_name
from suite.report.sections.certainty import flags
from suite.report.tables import ROW_HEADER, markdown, row_cells


def failures(records: Sequence[Record]) -> list[str]:
    """The section: each red gate with its cause, rows and command."""
    failed = [record for record in records if record.outcome is Outcome.FAIL]
    if not failed:
        return []
    lines, backends = ["## What failed", ""], Backends(records)
    for record in failed:
        place = f" on {record.dataset}" if record.dataset else ""
        said = [
            f"### {record.gate}: {record.model} {record.mode}{place}{backends.on(record)}",
            "",
            record.headline,
            "",
        ]
        notes = [*record.notes, *flags(record.measured)]
        said += [*(f"- {note}" for note in notes), *([""] if notes else [])]
        rows = [row for row in record.rows if row.outcome is Outcome.FAIL]
        if rows:
            said += [*markdown(ROW_HEADER[:-1], [row_cells(row)[:-1] for row in rows]), ""]
        lines += by_its_name(said, record.precision)
        lines += [f"Reproduce: `{record.rerun}`", ""]
    return lines
