"""The report as its readers see it."""

import pytest
from reports import FP32, INT8, shown


def test_the_verdict_comes_first_then_what_to_ship_then_what_failed() -> None:
    lines = shown(*FP32, *INT8).splitlines()
    assert lines[2] == "**FAIL**: 1 of 7 gates failed (5 pass, 1 fail, 1 undecided)"
    assert [line for line in lines if line.startswith("## ")][:3] == [
        "## Which mode to ship",
        "## What failed",
        "## m (arcface)",
    ]
    assert "### verification: m int8 on lfw" in lines
    failed = "\n".join(lines[lines.index("## What failed") : lines.index("## m (arcface)")])
    assert "not as accepted: Accuracy" in failed
    assert "- likely cause: noise" in failed
    assert "Reproduce: `pytest --models=m --modes=int8 -k test_verification`" in failed
    assert "ROC AUC" not in failed


def test_doubts_come_before_what_failed() -> None:
    doubt = "accuracy is far below the 0.9905 published on lfw"
    first, *rest = FP32
    doubted = first.measured.model_copy(update={"doubts": (doubt,)})
    lines = shown(first.model_copy(update={"measured": doubted}), *rest, *INT8).splitlines()
    assert lines[4] == "## Look at this first"
    assert lines[6] == f"- m: {doubt}"
    assert lines[8] == "## Which mode to ship"
    assert lines.index("## What failed") > 8


@pytest.mark.parametrize("part", ["figures", "observed", "fp32", "intervals"])
def test_a_figure_that_was_not_kept_is_a_dash(part: str) -> None:
    """What was measured as no number is in no record, and what was damaged may lack anything."""
    lacking = [
        each.model_copy(update={"measured": each.measured.model_copy(update={part: {}})})
        for each in (*FP32, *INT8)
        if each.measured
    ]
    assert "–" in shown(*lacking)
