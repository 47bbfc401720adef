"""Sources with their weights outside, and of low opsets, in both methods."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from quantizable import DYNAMIC, STATIC, ingredients, network

from suite.catalog.mode_card import RecipeSpec
from suite.models.onnx_file import read_onnx_file
from suite.quantization import preparation
from suite.quantization.builder import build
from suite.quantization.inspection import quantized_ops

BOTH = pytest.mark.parametrize("recipe", [STATIC, DYNAMIC], ids=["static", "dynamic"])


def built(path: Path, recipe: RecipeSpec, name: str) -> Path:
    """The artifact in a folder of its own, which holds no more than that."""
    folder = path.parent / name
    folder.mkdir()
    build(read_onnx_file(path).path, folder / "model.onnx", ingredients(path, recipe))
    return folder / "model.onnx"


def moved_out(path: Path, target: Path) -> Path:
    """The same network with its weights beside it."""
    target.parent.mkdir(exist_ok=True)
    onnx.save(
        onnx.load(path),
        target,
        save_as_external_data=True,
        location=f"{target.name}.data",
        size_threshold=0,
    )
    return target


def outputs(path: Path) -> np.ndarray:
    images = np.random.default_rng(0).uniform(-1, 1, (2, 3, 16, 24)).astype(np.float32)
    return ort.InferenceSession(path).run(None, {"x": images})[0]


@BOTH
def test_weights_outside_give_the_artifact_that_weights_inside_give(
    tmp_path: Path, recipe: RecipeSpec
) -> None:
    path = network(tmp_path / "m.onnx", "n")
    there = moved_out(path, tmp_path / "there" / "m.onnx")
    inside, outside = built(path, recipe, "inside"), built(there, recipe, "outside")
    assert outside.read_bytes() == inside.read_bytes()
    assert [file.name for file in outside.parent.iterdir()] == ["model.onnx"]


@BOTH
@pytest.mark.parametrize("linked", [False, True])
def test_more_weights_than_one_file_can_hold_stay_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recipe: RecipeSpec, linked: bool
) -> None:
    path = network(tmp_path / "m.onnx", "n", width=16)
    inside = built(path, recipe, "inside")
    there = moved_out(path, tmp_path / "there" / "m.onnx")
    if linked:
        for file in (there, there.with_name("m.onnx.data")):
            (tmp_path / "blobs").mkdir(exist_ok=True)
            file.rename(tmp_path / "blobs" / file.name)
            file.symlink_to(tmp_path / "blobs" / file.name)
    monkeypatch.setattr(preparation, "LARGEST_MESSAGE", 1)
    outside = built(there, recipe, "outside")
    assert sorted(file.name for file in outside.parent.iterdir()) == [
        "model.onnx",
        "model.onnx.data",
    ]
    np.testing.assert_array_equal(outputs(outside), outputs(inside))
    ops = quantized_ops(outside, ("Conv", "Gemm"))
    assert (ops.quantized, ops.left_in_float) == (2, ())
