"""Which mode to ship, as the report and the terminal say it."""

import json

from records import ENVIRONMENT, measured, record
from reports import FP32, INT8, shown

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.model import Report
from suite.report.sections.shipping import shipping_lines
from suite.report.verdict import make_report

LFW = "lfw"


def made(*records: Record, complete: bool = True) -> Report:
    return make_report(ENVIRONMENT, records, complete=complete, require_all=False)


def good(model: str, *, timed: bool, precision: str = "float32") -> list[Record]:
    """A mode that passes, and whose speed was measured or was not."""
    speed = measured(
        Gate.LATENCY,
        identity={"batch": 1},
        figures={"speedup": 2.0},
        intervals={"speedup": (1.9, 2.1)},
    )
    near = measured(Gate.FIDELITY, LFW, figures={"cosine_worst": 0.98})
    pairs = measured(Gate.VERIFICATION, LFW)
    latency = (
        record(Gate.LATENCY, mode="int8", model=model, measured=speed)
        if timed
        else record(Gate.LATENCY, Outcome.DEFERRED, "off here", mode="int8", model=model)
    )
    found = [
        record(mode="int8", model=model),
        record(Gate.VERIFICATION, mode="int8", model=model, dataset=LFW, measured=pairs),
        record(Gate.FIDELITY, mode="int8", model=model, dataset=LFW, measured=near),
        latency,
    ]
    return [each.model_copy(update={"precision": precision}) for each in found]


def test_the_report_says_on_what_and_why() -> None:
    lines = shown(*FP32, *INT8).splitlines()
    first = lines.index("## Which mode to ship")
    assert lines[first + 2] == (
        "On Some CPU family 1, onnxruntime 1.32.0, 1 thread: the fastest mode that meets its "
        "policy on every set."
    )
    assert lines[first + 4] == (
        "- **m**: ship FP32: no other mode passes all its gates; nearest is int8, at 1.90 × "
        "(1.80 … 2.00) its speed, which fails for Accuracy on lfw 0.985000, accepted "
        "as 0.990000 ± 0.002"
    )


def test_reasons_stand_below_their_model() -> None:
    lines = shown(*good("m", timed=True)).splitlines()
    first = lines.index("- **m**: ship int8: 2.00 × (1.90 … 2.10) the speed of FP32")
    assert lines[first + 1] == "  - within its policy on lfw, which bounds nothing there"


def test_a_source_that_is_not_fp32_is_called_what_it_is() -> None:
    text = shown(*good("m", timed=True, precision="float16"))
    assert "ship int8: 2.00 × (1.90 … 2.10) the speed of float16 source" in text


def test_the_terminal_has_a_line_a_model() -> None:
    assert shipping_lines(made(*good("m", timed=True), *good("n", timed=True))) == [
        "m: ship int8: 2.00 × (1.90 … 2.10) the speed of FP32 (onnxruntime 1.32.0)",
        "n: ship int8: 2.00 × (1.90 … 2.10) the speed of FP32 (onnxruntime 1.32.0)",
    ]


def test_the_terminal_names_the_models_without_a_speed_at_once() -> None:
    one = shipping_lines(made(*good("m", timed=False)))
    assert one == [
        "m: speed was not measured (off here), so none is recommended; within the policy: int8"
    ]
    many = [each for i in range(10) for each in good(f"m{i}", timed=False)]
    assert shipping_lines(made(*many, *good("n", timed=True))) == [
        "n: ship int8: 2.00 × (1.90 … 2.10) the speed of FP32 (onnxruntime 1.32.0)",
        "which mode to ship: speed was not measured of m0, m1, m2, m3, m4, m5, m6, m7 and 2 more, "
        "so none is recommended",
    ]


def test_a_run_that_did_not_end_recommends_nothing() -> None:
    assert made(*good("m", timed=True), complete=False).recommended == ()
    assert "Which mode to ship" not in shown(*FP32)


def test_the_recommendation_is_in_the_json_with_what_was_weighed() -> None:
    document = made(*good("m", timed=True)).model_dump(mode="json")
    assert Report.model_validate(json.loads(json.dumps(document))).recommended
    (found,) = document["recommended"]
    assert (found["model"], found["mode"], found["batch"]) == ("m", "int8", 1)
    assert found["others"][0]["over_source"] == {"point": 2.0, "low": 1.9, "high": 2.1}
