"""Artifacts built step by step: proved where they are exact, recorded, the same each time."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper
from quantizable import OUTPUTS, faces, network, spec
from quantizable import ingredients as made_of

from suite.catalog.errors import ArtifactError
from suite.catalog.folder import read_catalog
from suite.catalog.mode_card import RecipeSpec
from suite.models.onnx_file import read_onnx_file
from suite.quantization.artifact import Ingredients, StepDone
from suite.quantization.builder import build
from suite.quantization.inspection import quantized_ops
from suite.quantization.methods import steps as module
from suite.quantization.probe import Drift
from suite.quantization.steps.net import Net
from suite.quantization.steps.step import Rewritten

MODES = read_catalog().modes


def recipe(mode: str, **changes: object) -> RecipeSpec:
    known = MODES[mode].recipe
    assert known is not None
    return known.model_copy(update={"reduce_range": False, "keep_float": (), **changes})


PREPARED, TUNED = recipe("fp32_prepared"), recipe("int8_static_tuned")


def embed(path: Path) -> np.ndarray:
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    images = np.random.default_rng(5).uniform(-1, 1, (6, 3, 16, 24)).astype(np.float32)
    rows = np.asarray(session.run(None, {"x": images})[0], np.float64)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_prepared_network_computes_what_its_source_does(tmp_path: Path) -> None:
    source = network(tmp_path / "m.onnx", "n")
    done = build(source, tmp_path / "p.onnx", made_of(source, PREPARED))
    assert [step.step for step in done] == list(PREPARED.steps)
    np.testing.assert_allclose(embed(tmp_path / "p.onnx"), embed(source), atol=1e-6)


def test_a_tuned_network_is_quantized_and_close(tmp_path: Path) -> None:
    source = network(tmp_path / "m.onnx", "n")
    done = build(source, tmp_path / "q.onnx", made_of(source, TUNED))
    assert [step.step for step in done] == list(TUNED.steps)
    assert {step.step for step in done if step.places} >= {"equalize", "quantize"}
    assert not any(step.left_out for step in done)
    found = quantized_ops(tmp_path / "q.onnx", ("Conv", "Gemm"), None, (1, 3, 16, 24))
    assert (found.quantized, found.left_in_float) == (2, ())
    assert (embed(tmp_path / "q.onnx") * embed(source)).sum(axis=1).min() > 0.99


def test_a_network_without_a_conv_is_quantized_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    held = {"w": (3 * 16 * 24, 5), "b": (5,)}
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["x"], ["f"]),
            helper.make_node("Gemm", ["f", "w", "b"], ["y"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 16, 24])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 5])],
        [
            numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32), name)
            for name, shape in held.items()
        ],
    )
    source = tmp_path / "m.onnx"
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(made, source)
    build(source, tmp_path / "q.onnx", made_of(source, TUNED))
    assert (embed(tmp_path / "q.onnx") * embed(source)).sum(axis=1).min() > 0.99


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    source = network(tmp_path / "m.onnx", "n")
    for name in ("a.onnx", "b.onnx"):
        build(source, tmp_path / name, made_of(source, TUNED))
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


@pytest.mark.parametrize("batch", [1, 4])
def test_a_fixed_batch_is_fed_as_it_wants(tmp_path: Path, batch: int) -> None:
    source = network(tmp_path / "m.onnx", batch)
    build(source, tmp_path / "q.onnx", made_of(source, TUNED))
    graph = onnx.load(tmp_path / "q.onnx").graph
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_value == batch


def test_a_step_that_is_not_exact_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(net: Net, shapes: object) -> Rewritten:
        changed = net.copy()
        name = next(name for name, value in changed.weights.items() if value.ndim == 4)
        changed.weights[name] = changed.weights[name] * np.float32(1.01)
        return Rewritten(changed, 1)

    monkeypatch.setitem(module._REWRITES, "tidy", broken)  # type: ignore[arg-type]
    source = network(tmp_path / "m.onnx", "n")
    first, *others = build(source, tmp_path / "p.onnx", made_of(source, PREPARED))
    assert (first.step, first.left_out) == ("tidy", True)
    assert first.difference is not None and first.difference > 1e-5
    assert not any(step.left_out for step in others)
    np.testing.assert_allclose(embed(tmp_path / "p.onnx"), embed(source), atol=1e-6)


def test_a_prepared_network_needs_no_faces_and_int8_does(tmp_path: Path) -> None:
    source = network(tmp_path / "m.onnx", "n")
    sha256 = read_onnx_file(source).sha256
    build(source, tmp_path / "p.onnx", Ingredients(sha256, PREPARED, spec(), OUTPUTS, None))
    with pytest.raises(ArtifactError, match="needs calibration faces"):
        build(source, tmp_path / "q.onnx", Ingredients(sha256, TUNED, spec(), OUTPUTS, None))


def test_nothing_is_corrected_on_few_faces(tmp_path: Path) -> None:
    source = network(tmp_path / "m.onnx", "n")
    few = build(source, tmp_path / "few.onnx", made_of(source, TUNED))
    sha256 = read_onnx_file(source).sha256
    many = build(
        source, tmp_path / "many.onnx", Ingredients(sha256, TUNED, spec(), OUTPUTS, faces(40))
    )
    assert (few[-1], many[-1].places) == (StepDone("correct_bias", 0), 2)


def test_drift_is_of_direction_and_of_length() -> None:
    rows = np.array([[3.0, 4.0], [0.0, 0.0]])
    assert Drift.between(rows, rows) == Drift(0, 0)
    longer = Drift.between(rows, rows * 1.5)
    assert (longer.difference, longer.norm) == (0, 0.5)
    turned = Drift.between(rows, np.array([[4.0, 3.0], [0.0, 0.0]]))
    assert turned == Drift(pytest.approx(0.2), 0)
    assert not Drift.between(rows, np.full((2, 2), np.nan)).within(1e-5)
