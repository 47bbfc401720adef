"""What was not decided, and what did not run."""

from records import record
from reports import FP32, INT8, cells, shown

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome


def test_what_was_not_decided_and_did_not_run_is_listed() -> None:
    text = shown(
        *FP32,
        *INT8,
        record(Gate.FIDELITY, Outcome.NOT_COMPARED, "accepted on cpu-other", mode="int8"),
        planned=("lost::gate",),
    )
    undecided = text[text.index("## What was not decided") :]
    assert cells(undecided, "latency")[4:] == ["undecided", "the interval straddles the limit"]
    assert cells(undecided, "fidelity")[4:] == ["not compared", "accepted on cpu-other"]
    assert "## What did not run\n\n- `lost::gate`" in text
