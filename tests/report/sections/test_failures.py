"""What failed, first."""

from reports import FP32, INT8

from suite.report.sections.failures import failures


def test_a_failed_gate_has_its_cause_its_rows_and_its_command() -> None:
    lines = failures([*FP32, *INT8])
    assert lines[0] == "## What failed"
    assert [line for line in lines if line.startswith("### ")] == [
        "### verification: m int8 on lfw"
    ]
    assert "- likely cause: noise" in lines


def test_a_green_run_has_none() -> None:
    assert failures(FP32) == []
