"""Limits that hold nothing: a mistake where the card asks for them, else said."""

from pathlib import Path

import pytest
from small import FACES, bring, concluded, faithful, network, small_catalog, small_work

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome

MODE = "int8_static_qdq"
ALL_PAIRS = "TAR@FAR=1e-3, all pairs"


@pytest.fixture
def unnamed(tmp_path: Path) -> Path:
    """A catalog whose only set does not say who its images show."""
    small_catalog(tmp_path, network())
    bring(tmp_path, MODE, faithful())
    faces = tmp_path / "faces"
    names = sorted(path.relative_to(faces).as_posix() for path in faces.rglob("*.png"))
    lines = ["left,right,same"]
    for place in range(0, len(names) - 4, 4):
        lines += [f"{names[place]},{names[place + 1]},1", f"{names[place]},{names[place + 5]},0"]
    (tmp_path / "pairs.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "datasets" / f"{FACES}.toml").write_text(
        f'id = "{FACES}"\nkind = "csv"\nfolder = "../faces"\nfile = "../pairs.csv"\nfolds = 2\n'
    )
    return tmp_path


def limit(folder: Path, table: str, line: str) -> None:
    card = folder / "models" / "small.toml"
    card.write_text(f"{card.read_text()}\n[modes.{MODE}.{table}]\n{line}\n")


def test_what_the_mode_limits_and_is_not_measured_is_said(unnamed: Path) -> None:
    record = concluded(small_work(unnamed, MODE), Gate.VERIFICATION)
    assert record.notes[-1].startswith(
        f"not measured here, so that their limits hold nothing: {ALL_PAIRS}"
    )
    assert "all_pairs_tar_at_far_1e-3" not in record.limits.loss
    assert record.limits.loss["accuracy"] == 0.006


@pytest.mark.parametrize("table", ["policy.loss", f"datasets.{FACES}.policy.loss"])
def test_what_the_card_limits_and_is_not_measured_is_a_mistake(unnamed: Path, table: str) -> None:
    limit(unnamed, table, '"all_pairs_tar_at_far_1e-3" = 0.01')
    record = concluded(small_work(unnamed, MODE), Gate.VERIFICATION)
    assert record.outcome is Outcome.FAIL
    assert record.headline == (
        f"the limits of {ALL_PAIRS} apply to nothing, for that is not measured here; take them "
        f"out of [modes.{MODE}] in small.toml"
    )
    assert record.unacceptable


def test_what_is_looser_than_the_built_in_mode_is_recorded(unnamed: Path) -> None:
    limit(unnamed, f"datasets.{FACES}.policy.loss", "accuracy = 0.03")
    record = concluded(small_work(unnamed, MODE), Gate.VERIFICATION)
    assert record.eased == ("loss of Accuracy 0.006 → 0.03",)
    assert record.limits.loss["accuracy"] == 0.03
    limit(unnamed, "policy.floor", "cosine_worst = 0.9\ncosine_mean = 0.995")
    record = concluded(small_work(unnamed, MODE), Gate.FIDELITY)
    assert record.eased == ("floor of Worst cosine to FP32 0.95 → 0.9",)
