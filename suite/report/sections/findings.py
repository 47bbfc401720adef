"""What to look at before anything is accepted: why figures may not be of what they are called."""

from collections.abc import Sequence

from suite.judging.record import Record
from suite.report.backend import Backends
from suite.report.reference import by_its_name


def findings(records: Sequence[Record]) -> list[str]:
    """The section."""
    found = findings_of(records)
    return ["## Look at this first", "", *(f"- {said}" for said in found), ""] if found else []


def findings_of(records: Sequence[Record]) -> list[str]:
    """Each doubt once, with the model and set that it is of."""
    backends = Backends(records)
    found = {
        f"{record.model}{f' on {record.dataset}' if record.dataset else ''}{backends.on(record)}: "
        f"{doubt}": None
        for record in records
        if record.measured
        for doubt in by_its_name(record.measured.doubts, record.precision)
    }
    return list(found)
