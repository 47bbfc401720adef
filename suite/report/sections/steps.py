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
    lines = [words, "", *table, ""]
    for whose, trace in traces(records):
        lines += [whose, "", *(f"{at}. {said}" for at, said in enumerate(trace, 1)), ""]
    return lines


def traces(records: Sequence[Record]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """How steps that searched came to what they chose: whose it is, and a sentence each."""
    for record in records:
        for taken in record.measured.steps if record.measured else ():
            if taken.trace:
                when = ", as it was accepted" if taken.as_accepted else ""
                yield f"What {taken.step} chose in {record.mode}{when}, step by step:", taken.trace


def _cells(taken: StepTaken) -> tuple[str, str, str, str]:
    changed = "–" if taken.difference is None else f"{taken.difference:.1e}"
    return taken.step, str(taken.places), changed, "left out" if taken.left_out else ""
