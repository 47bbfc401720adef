"""What somebody else measured, beside our figures."""

from collections.abc import Sequence
from typing import Literal

from suite.catalog.figures import FIGURES
from suite.judging.measured import ReferenceFigures
from suite.judging.record import Record

Standing = Literal["not distinguishable", "above", "below"]


def standing(given: float, interval: tuple[float, float], digits: int) -> Standing:
    """Where a figure of somebody else's lies, seen from the 95 % interval of ours.

    The interval is rounded as the figure is, because a rounded one may lie a hair outside of it.

    >>> standing(0.7857, (0.53, 0.96), 4), standing(0.9683, (0.96834, 0.98), 4)
    ('not distinguishable', 'not distinguishable')
    >>> standing(0.9683, (0.9712, 0.98), 4)
    'below'
    """
    low, high = (round(bound, digits) for bound in interval)
    if low <= round(given, digits) <= high:
        return "not distinguishable"
    return "above" if given > high else "below"


def beside_rows(record: Record, columns: Sequence[str]) -> list[tuple[str, ...]]:
    """The rows of a mode's table that the model's card gives, under our own.

    Parameters
    ----------
    record : of a set's verification
    columns : the names of the figures that the table has before size and latency
    """
    if record.measured is None:
        return []
    return [
        (
            f"{record.mode}, {given.title}",
            *(_cell(record, given, name) for name in columns),
            *(_plain(given, name, 2) for name in ("size_mib", "latency_ms")),
            *("–", "–", "–"),
        )
        for given in record.measured.beside
    ]


def beside_remarks(records: Sequence[Record]) -> list[str]:
    """How those rows are read, and what contradicts them."""
    found = [
        (record, given) for record in records if record.measured for given in record.measured.beside
    ]
    compared = any(
        name in record.measured.uncertainty.intervals
        for record, given in found
        if record.measured and record.measured.uncertainty
        for name in given.figures
    )
    said = "Figures of others: whether they lie above, below or within the 95 % interval of ours."
    doubts = [f"- **{of}**: {words}." for of, words in beside_doubts(records)]
    return [*([said, ""] if compared else []), *([*doubts, ""] if doubts else [])]


def beside_doubts(records: Sequence[Record]) -> list[tuple[str, str]]:
    """What contradicts each row of somebody else, with whose it is."""
    return [
        (f"{record.mode}, {given.title}", words)
        for record in records
        if record.measured
        for given in record.measured.beside
        for words in given.doubts
    ]


def _cell(record: Record, given: ReferenceFigures, name: str) -> str:
    digits, uncertainty = FIGURES[name].digits, record.measured and record.measured.uncertainty
    text = _plain(given, name, digits)
    if name not in given.figures or not uncertainty or name not in uncertainty.intervals:
        return text
    return f"{text} ({standing(given.figures[name], uncertainty.intervals[name], digits)})"


def _plain(given: ReferenceFigures, name: str, digits: int) -> str:
    return f"{given.figures[name]:.{digits}f}" if name in given.figures else "–"
