"""What must not be accepted alone."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from suite.gates.acceptance import left_behind, what_to_do
from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.store import BaselineFile, write_section
from suite.judging.judgement import Judgement
from suite.judging.kept_limits import KeptLimits
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Row


def measured(dataset: str, calibration: str) -> Measured:
    identity = {"source": "s", "calibration": calibration, "dataset": dataset}
    return Measured(section=f"fidelity.{dataset}", identity=identity)


@pytest.mark.parametrize(
    ("run", "calibration", "refused"),
    [
        (("a",), "new", True),
        (("a", "b"), "new", False),
        (("a",), "old", False),
    ],
    ids=["part of it", "all of it", "the same"],
)
def test_no_baseline_keeps_two_calibrations(
    tmp_path: Path, run: tuple[str, ...], calibration: str, refused: bool
) -> None:
    file = BaselineFile(tmp_path, "cpu-vnni", "m", "int8")
    # The last is of a set that the card names no more, which is an orphan.
    for dataset in ("a", "b", "c"):
        was = measured(dataset, "old")
        write_section(file.path, was.section, entry_document(was, KeptLimits(), {}))
    models = {"m": SimpleNamespace(evaluation=("a", "b"))}
    work = SimpleNamespace(
        model=SimpleNamespace(evaluation=run),
        bench=SimpleNamespace(catalog=SimpleNamespace(models=models)),
    )
    said = left_behind(work, file, measured("a", calibration))
    assert said == (
        "fidelity.b was accepted with another calibration and is not in this run; accept all sets "
        "of m together, without --datasets"
        if refused
        else ""
    )


def row(metric: str, against: Against, outcome: Outcome = Outcome.FAIL) -> Row:
    return Row(
        metric=metric,
        against=against,
        reference=0.9,
        measured=0.5,
        difference=-0.4,
        limit=0.9,
        outcome=outcome,
    )


@pytest.mark.parametrize(
    ("rows", "ease"),
    [
        (
            (row("cosine_mean", Against.FLOOR), row("cosine_worst", Against.FLOOR)),
            "ease cosine_mean, cosine_worst of [modes.int8.policy.floor] in m.toml",
        ),
        (
            (row("accuracy", Against.FP32), row("roc_auc", Against.FP32, Outcome.PASS)),
            "ease accuracy of [modes.int8.policy.loss] in m.toml",
        ),
        (
            (row("speedup", Against.FLOOR),),
            "ease openvino of [modes.int8.speed_floor] in m.toml",
        ),
    ],
)
def test_the_advice_names_the_limits_that_are_broken(rows: tuple[Row, ...], ease: str) -> None:
    work = SimpleNamespace(
        mode=SimpleNamespace(id="int8", is_fp32=False),
        model=SimpleNamespace(card_file=Path("models/m.toml")),
        bench=SimpleNamespace(provider=SimpleNamespace(id="openvino")),
    )
    said = what_to_do(work, Judgement(Outcome.FAIL, "too bad", rows))
    assert said == f"mend that, leave the mode out with --modes or {ease}"
