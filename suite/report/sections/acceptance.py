"""What a run accepted, what it was to accept and did not, and whether it timed anything."""

from collections.abc import Iterator, Sequence

from suite.catalog.gate import Gate
from suite.judging.record import Record
from suite.report.backend import Backends


def acceptance(records: Sequence[Record]) -> list[str]:
    """The section of a run that was to accept."""
    lines = []
    for said, notes in _said(records):
        lines += [f"- {said}", *(f"  - {note}" for note in notes)]
    return ["## What was accepted", "", *lines, ""] if lines else []


def acceptance_lines(records: Sequence[Record]) -> list[str]:
    """The same for the terminal."""
    lines = []
    for said, notes in _said(records):
        lines += [said, *(f"  {note}" for note in notes)]
    return lines


def _said(records: Sequence[Record]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each gate whose measurement was accepted, with its notes; then each that was refused."""
    backends = Backends(records)
    for record in sorted(records, key=lambda record: record.refused):
        place = f" {record.dataset}" if record.dataset else ""
        case = f"{record.gate}: {record.model} {record.mode}{place}{backends.on(record)}"
        if record.accepted:
            yield f"accepted {case}", record.notes
        elif record.refused:
            yield f"not accepted {case}", ()


def without_latency(records: Sequence[Record]) -> str:
    """What is said of a run in which no latency gate was selected; empty where one was."""
    gated = any(record.outcome.measured_something for record in records)
    if not gated or any(record.gate is Gate.LATENCY for record in records):
        return ""
    return "without latency: no gate of it was selected, so no speed was judged or accepted"
