"""The table of speeds."""

import pytest
from records import measured
from reports import FP32, INT8, cells, shown

from suite.catalog.gate import Gate
from suite.report.sections.speed import over_the_faster


def test_speed_has_its_interval_and_its_remark() -> None:
    text = shown(*FP32, *INT8)
    speed = text[text.index("Speed, with 1 thread and") :]
    assert cells(speed, "int8")[8] == "1.900 (1.800 … 2.000)"
    assert cells(speed, "int8")[10:] == ["2.000", "undecided"]
    assert "- **int8**, batch 1: slower than hoped." in speed
    assert speed.startswith("Speed, with 1 thread and onnxruntime 1.32.0; a speed-up is")
    assert "in which FP32 and the mode run in turn:" in speed


def test_prepared_fp32_has_its_columns_where_a_mode_was_timed_beside_it() -> None:
    *others, latency = INT8
    found = latency.measured
    observed = {**found.observed, "latency_prepared_ms": 3.1, "speedup_over_prepared": 1.2}
    intervals = {**found.intervals, "speedup_over_prepared": (1.1, 1.3)}
    beside = found.model_copy(update={"observed": observed, "intervals": intervals})
    text = shown(*FP32, *others, latency.model_copy(update={"measured": beside}))
    assert cells(text, "int8")[6] == "2.50 (1.20 × fp32_prepared)"
    speed = text[text.index("Speed, with") :]
    assert "FP32 and the mode, and fp32_prepared and the mode, run in turn:" in speed
    header = cells(speed, "Model")
    row = dict(zip(header, cells(speed, "int8"), strict=True))
    assert row["fp32_prepared p50"] == "3.100"
    assert row["Over FP32 (95 %)"] == "1.900 (1.800 … 2.000)"
    assert row["Over fp32_prepared (95 %)"] == "1.200 (1.100 … 1.300)"
    assert row["Accepted"] == "2.000"


@pytest.mark.parametrize(
    ("speedup", "over_prepared", "said"),
    [
        (None, None, ""),
        (2.0, None, "2.00 ×"),
        (2.0, 2.5, "2.00 ×"),
        (2.0, 0.8, "0.80 × fp32_prepared"),
    ],
)
def test_the_speed_up_is_over_the_faster_fp32(
    speedup: float | None, over_prepared: float | None, said: str
) -> None:
    figures = {} if speedup is None else {"speedup": speedup}
    observed = {} if over_prepared is None else {"speedup_over_prepared": over_prepared}
    assert over_the_faster(measured(Gate.LATENCY, figures=figures, observed=observed)) == said
