"""What must not be accepted alone."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from suite.gates.acceptance import left_behind
from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.store import BaselineFile, write_section
from suite.judging.kept_limits import KeptLimits
from suite.judging.measured import Measured


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
