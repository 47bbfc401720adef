"""A report on a source that is no float32 never calls it FP32."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from records import ENVIRONMENT, measured, record

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Row
from suite.report.failure import failure_message
from suite.report.sections.failures import failures
from suite.report.sections.model_table import model_section
from suite.report.sections.undecided import undecided
from suite.report.terminal import summary_lines
from suite.report.verdict import make_report

LOSS = Row(
    metric="accuracy",
    against=Against.FP32,
    held_to=0.9,
    measured=0.8,
    difference=-0.1,
    limit=0.01,
    outcome=Outcome.FAIL,
)


@pytest.mark.parametrize(("precision", "says"), [("float32", True), ("float16", False)])
def test_fp32_is_said_of_float32_alone(precision: str, says: bool) -> None:
    failed = record(
        Gate.VERIFICATION,
        Outcome.FAIL,
        "quantization costs too much: 0.8 against 0.9 in FP32",
        dataset="lfw",
        rows=(LOSS,),
        precision=precision,
        measured=measured(Gate.VERIFICATION, "lfw", figures={"accuracy": 0.8}),
    )
    for lines in (
        model_section("m", [failed], "onnxruntime 1.32.0"),
        failures([failed])[:-2],
        failure_message(failed).splitlines()[:-1],
    ):
        text = "\n".join(lines)
        assert ("FP32" in text) is says
        assert ("float16 source" in text) is not says
    open_ = failed.model_copy(update={"outcome": Outcome.UNDECIDED})
    doubts = measured(Gate.VERIFICATION, "lfw", remarks=("FP32 accuracy is far below",))
    noted = open_.model_copy(update={"measured": doubts})
    report = make_report(ENVIRONMENT, [noted], complete=True, require_all=False)
    folder = SimpleNamespace(records=[noted], not_run=(), report=report, folder=Path("r"))
    for lines in (undecided([open_]), summary_lines(folder)):
        assert ("FP32" in "\n".join(lines)) is says
    assert "--modes=fp32" in failure_message(failed), "the command keeps the mode's id"
