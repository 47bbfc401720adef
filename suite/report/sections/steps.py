"""What the steps of each mode's recipe did."""

from collections.abc import Iterator, Sequence

from suite.judging.measured import StepTaken
from suite.judging.record import Record
from suite.report.tables import markdown


def steps(records: Sequence[Record]) -> list[str]:
    """The table of the steps by which one model's artifacts were built."""
    rows = [
        (record.mode, *_cells(taken))
        for record in records
        if record.measured
        for taken in record.measured.steps
    ]
    if not rows:
        return []
    words = (
        "Built step by step; an exact step is proved on faces, by how much it and those before it "
        "changed a value of the unit-length embedding:"
    )
    table = markdown(("Model", "Step", "Places", "Changed", ""), rows)
    return [words, "", *table, "", *_traces(records)]


def _traces(records: Sequence[Record]) -> Iterator[str]:
    """How a step that searched came to what it chose, a line each."""
    for record in records:
        for taken in record.measured.steps if record.measured else ():
            if taken.trace:
                yield from (f"What {taken.step} chose in {record.mode}, step by step:", "")
                yield from (f"{place}. {said}" for place, said in enumerate(taken.trace, 1))
                yield ""


def _cells(taken: StepTaken) -> tuple[str, str, str, str]:
    changed = "–" if taken.difference is None else f"{taken.difference:.1e}"
    return taken.step, str(taken.places), changed, "left out" if taken.left_out else ""
