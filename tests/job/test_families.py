"""Each embedded family, broken on purpose: the gates that must fail do, by name."""

import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import numpy_helper
from team import EMBEDDED, ROOT, Team

from suite.catalog.folder import read_catalog
from suite.datasets.face_set import face_set
from suite.datasets.loader import load_dataset
from suite.quantization.artifact import Ingredients
from suite.quantization.builder import build
from suite.training.spread import broken

FAMILIES = ("facenet", "arcface", "insightface", "adaface")
MODELS = [f"{family}-embedded" for family in FAMILIES]
# Enough to calibrate wrongly on.
SOME_FACES = 16
# A wrong calibration, and the mode that stands for it.
WRONG = {
    "on uniform noise": "int8_on_noise",
    "on faces five times too dark": "int8_on_dark_faces",
    "on raw 0…255": "int8_on_raw_pixels",
}
# From a network of the same input and outputs, so that it runs and only its figures tell.
OTHER = {"arcface": "insightface", "insightface": "arcface", "adaface": "arcface"}
FIGURES_MOVED = r"not as accepted: .+ and \d+ other figures"


@pytest.fixture
def team(team_of: Callable[..., Team]) -> Team:
    return team_of(*MODELS)


def break_pipeline(team: Team, model: str, how: str) -> None:
    card, text = team.card(model), team.card(model).read_text()
    if how == "colour order":
        old, new = ("RGB", "BGR") if '"RGB"' in text else ("BGR", "RGB")
        team.edit(card, f'color_order = "{old}"', f'color_order = "{new}"')
    else:
        team.edit(card, "mean = [127.5, 127.5, 127.5]", "mean = [0.0, 0.0, 0.0]")
    if how == "range":
        std = next(line for line in text.splitlines() if line.startswith("std"))
        team.edit(card, std, "std = [1.0, 1.0, 1.0]")


@pytest.mark.parametrize("how", ["colour order", "mean", "range"])
def test_a_wrong_pipeline_fails_the_fingerprint_by_name_and_verification_by_figures(
    team: Team, how: str
) -> None:
    for model in MODELS:
        break_pipeline(team, model, how)
    assert team.gates("--modes=fp32", "-k", "fingerprint or verification").returncode == 1
    for model in MODELS:
        assert f"likely cause: {how}" in team.failed(model)["fingerprint fp32"]
        assert re.search(FIGURES_MOVED, team.failed(model)["verification fp32"])


def test_another_familys_weights_fail_the_fingerprint_and_verification(
    team: Team, tmp_path: Path
) -> None:
    for model, family in zip(MODELS, FAMILIES, strict=True):
        file = tmp_path / f"{family}.onnx"
        if family == "adaface":
            transplant(EMBEDDED / "arcface.onnx", EMBEDDED / "adaface.onnx", file)
        else:
            shutil.copyfile(EMBEDDED / f"{OTHER.get(family, 'arcface')}.onnx", file)
        old = EMBEDDED / f"{family}.onnx"
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (old, file)]
        team.edit(team.card(model), str(old), str(file))
        team.edit(team.card(model), *digests)
        if family == "facenet":
            for side in ("height", "width"):
                team.edit(team.card(model), f"{side} = 160", f"{side} = 112")
        recipe = {"source": digests[1]}
        team.re_accept("fp32", model, **recipe)
    assert team.gates("--modes=fp32", "-k", "fingerprint or verification").returncode == 1
    for model in MODELS:
        cause = "size: accepted 160×160" if model.startswith("facenet") else "other weights"
        assert cause in team.failed(model)["fingerprint fp32"]
        assert re.search(FIGURES_MOVED, team.failed(model)["verification fp32"])


def transplant(weights: Path, graph: Path, target: Path) -> None:
    """The graph of one IResNet with the weights of another, which come in the same order."""
    given, model = onnx.load(weights), onnx.load(graph)
    for mine, theirs in zip(model.graph.initializer, given.graph.initializer, strict=True):
        assert mine.dims == theirs.dims
        mine.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(theirs), mine.name))
    onnx.save(model, target)


def test_another_input_size_fails_by_name(team: Team) -> None:
    for model in MODELS:
        height = "160" if model.startswith("facenet") else "112"
        team.edit(team.card(model), f"height = {height}", "height = 96")
    result = team.gates("--modes=fp32")
    assert result.returncode == 1
    assert "height" in result.stdout
    assert "Traceback" not in result.stdout
    for model in MODELS:
        assert "96" in team.failed(model)["artifact fp32"]


def test_a_wrong_calibration_fails_fidelity_or_verification(team: Team, tmp_path: Path) -> None:
    catalog = read_catalog(team.folder)
    card = catalog.datasets["embedded-calibration"]
    calibration = load_dataset(card, lambda relative: catalog.locate(card, relative))
    (team.folder / "modes").mkdir()
    for mode in WRONG.values():
        text = (ROOT / "fixtures" / "modes" / "int8_static_qdq.toml").read_text()
        (team.folder / "modes" / f"{mode}.toml").write_text(text.replace("int8_static_qdq", mode))
    for model in catalog.models.values():
        for variant in broken(calibration, model.preprocess):
            if variant.name not in WRONG:
                continue
            mode = WRONG[variant.name]
            file = tmp_path / f"{model.id}-{mode}.onnx"
            source = EMBEDDED / f"{model.family}.onnx"
            parts = (variant.recipe, variant.spec, model.outputs)
            some = face_set(mode, variant.faces.faces[:SOME_FACES])
            build(source, file, Ingredients(model.source.sha256 or "", *parts, some))
            accepted = team.baseline("int8_static_qdq", model.id)
            for path in (accepted, *accepted.parent.glob(f"{accepted.stem}@*")):
                shutil.copy(path, path.with_name(path.name.replace(accepted.stem, mode)))
            team.bring(mode, file, model.id, re_accept=True)
    modes = f"--modes={','.join(WRONG.values())}"
    assert team.gates(modes, "-k", "not placement").returncode == 1
    for model in MODELS:
        for mode in WRONG.values():
            failed = {g: words for g, words in team.failed(model).items() if g.endswith(mode)}
            assert {f"fidelity {mode}", f"verification {mode}"} & failed.keys()
            words = " ".join(failed.values())
            assert "cosine" in words or "NaN" in words
            assert f"artifact {mode}" not in failed
