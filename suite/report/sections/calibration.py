"""What each mode was calibrated on."""

from collections.abc import Sequence

from suite.judging.record import Record
from suite.report.tables import markdown


def calibration(records: Sequence[Record]) -> list[str]:
    """The table of one model's calibration sets; where they are unlike, a remark says so."""
    rows = []
    for record in records:
        known = record.measured.calibration if record.measured else None
        if known is None:
            continue
        people = "nobody says" if known.people is None else f"{known.people:,}"
        what = (known.dataset, known.place, f"{known.images:,}", people)
        rows.append((record.mode, *what, known.size, known.colour, known.alignment))
    if not rows:
        return []
    header = ("Model", "Set", "From", "Images", "People", "Size", "Colour", "Alignment")
    return ["Calibrated on:", "", *markdown(header, rows), ""]
