"""What the report says of accepting."""

from records import record
from reports import FP32, INT8, shown

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.report.sections.acceptance import acceptance


def test_what_was_accepted_comes_first_and_the_rest_is_named() -> None:
    records = (
        record(Gate.LATENCY, Outcome.FAIL, "not accepted: …", mode="int8", refused=True),
        record(accepted=True, headline="accepted", notes=("size_bytes: 1 → 2",)),
        record(Gate.FIDELITY, mode="int8", dataset="lfw"),
    )
    assert acceptance(records) == [
        "## What was accepted",
        "",
        "- accepted artifact: m fp32",
        "  - size_bytes: 1 → 2",
        "- not accepted latency: m int8",
        "",
    ]
    assert "## What was accepted" not in shown(record())


def test_a_run_that_timed_nothing_says_so() -> None:
    said = "Without latency: no gate of it was selected, so no speed was judged or accepted."
    assert said in shown(*FP32).splitlines()
    assert "ithout latency" not in shown(*FP32, *INT8)
    # Deferred is not left out: the report lists it, and a second run completes it.
    assert "ithout latency" not in shown(*FP32, record(Gate.LATENCY, Outcome.DEFERRED, "xdist"))
    assert "ithout latency" not in shown()
