"""Sources of old opsets: built as their twins of today's opset are, or refused in one sentence."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper, version_converter

from suite.catalog.errors import ArtifactError
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.face_set import face_set
from suite.quantization import opset as module
from suite.quantization.artifact import Ingredients
from suite.quantization.builder import build
from suite.quantization.inspection import quantized_ops
from suite.quantization.opset import opset_of
from suite.verification.scores import unit_rows

SPEC = PreprocessSpec(
    height=16, width=16, color_order="RGB", scale=255.0, mean=(127.5,) * 3, std=(127.5,) * 3
)
# Signed on both sides: what unsigned activations would saturate to without VNNI is not the matter.
STATIC = RecipeSpec(method="static_qdq", per_channel=True, activation_type="QInt8")
DYNAMIC = RecipeSpec(method="dynamic", op_types=("Conv", "Gemm"), weight_type="QUInt8")


def network(path: Path, opset: int, ir: int, **of_batch_norm: int) -> Path:
    """Conv, BatchNormalization and PReLU as mxnet exports them; before IR 4 weights are inputs."""
    rng = np.random.default_rng(0)
    shapes = {"k": (8, 3, 3, 3), "g": (8,), "b": (8,), "m": (8,), "v": (8,), "s": (8, 1, 1)}
    shapes |= {"w": (5, 8 * 8 * 8), "c": (5,)}
    values = {name: rng.normal(0, 0.3, shape) for name, shape in shapes.items()}
    values["v"] = np.abs(values["v"]) + 1
    weights = [numpy_helper.from_array(v.astype(np.float32), n) for n, v in values.items()]
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["conv"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node(
            "BatchNormalization", ["conv", *"gbmv"], ["norm"], epsilon=2e-5, **of_batch_norm
        ),
        helper.make_node("PRelu", ["norm", "s"], ["act"]),
        helper.make_node("Flatten", ["act"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w", "c"], ["y"], transB=1),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["None", 3, 16, 16])]
    if ir < 4:
        inputs += [helper.make_tensor_value_info(w.name, w.data_type, w.dims) for w in weights]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["None", 5])
    graph = helper.make_graph(nodes, "g", inputs, [output], weights)
    opsets = [helper.make_opsetid("", opset)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=ir), path)
    return path


def ingredients(recipe: RecipeSpec) -> Ingredients:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (16, 16, 3), dtype=np.uint8) for _ in range(8)]
    pngs = [cv2.imencode(".png", image)[1].tobytes() for image in images]
    faces = face_set("faces", [Face.held(str(n), png) for n, png in enumerate(pngs)])
    return Ingredients("0" * 64, recipe, SPEC, OutputSpec(embedding_dim=5), faces)


def embeddings(path: Path) -> np.ndarray:
    images = np.random.default_rng(1).normal(0, 1, (4, 3, 16, 16)).astype(np.float32)
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    return unit_rows(session.run(None, {"x": images})[0])


@pytest.mark.parametrize(
    ("opset", "ir", "of_batch_norm"),
    [
        (7, 3, {"spatial": 1}),
        (7, 3, {"spatial": 0}),
        (8, 3, {}),
        (9, 4, {}),
        (10, 5, {}),
        (11, 6, {}),
        (12, 7, {}),
    ],
)
@pytest.mark.parametrize("recipe", [STATIC, DYNAMIC], ids=["static", "dynamic"])
def test_an_old_opset_is_quantized_as_todays_is(
    tmp_path: Path, recipe: RecipeSpec, opset: int, ir: int, of_batch_norm: dict[str, int]
) -> None:
    source = network(tmp_path / "m.onnx", opset, ir, **of_batch_norm)
    build(source, tmp_path / "q.onnx", ingredients(recipe))
    ops = quantized_ops(tmp_path / "q.onnx", ["Conv", "Gemm"])
    assert (ops.quantized, ops.left_in_float) == (2, ())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.onnx", "q.onnx"]
    twin = network(tmp_path / "twin.onnx", 17, 8)
    build(twin, tmp_path / "q-twin.onnx", ingredients(recipe))
    mine, its = embeddings(tmp_path / "q.onnx"), embeddings(tmp_path / "q-twin.onnx")
    np.testing.assert_allclose(mine, its, atol=1e-5)


def test_a_recipe_per_tensor_keeps_the_opset(tmp_path: Path) -> None:
    source = network(tmp_path / "m.onnx", 11, 6)
    per_tensor = STATIC.model_copy(update={"per_channel": False})
    build(source, tmp_path / "q.onnx", ingredients(per_tensor))
    assert opset_of(onnx.load(tmp_path / "q.onnx")) == 11


def test_an_opset_that_cannot_be_converted_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise RuntimeError("no adapter\nfor it")

    monkeypatch.setattr(module.version_converter, "convert_version", refused)
    source = network(tmp_path / "m.onnx", 8, 3)
    with pytest.raises(ArtifactError) as caught:
        build(source, tmp_path / "q.onnx", ingredients(STATIC))
    assert str(caught.value).startswith(
        f"{source}: its opset 8 is too low to be quantized so, and onnx cannot convert it to 13"
    )
    assert str(caught.value).endswith("by a mode with per_channel = false.")
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]


def test_a_conversion_that_changes_embeddings_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(model: onnx.ModelProto, target: int) -> onnx.ModelProto:
        converted = version_converter_before(model, target)
        for tensor in converted.graph.initializer:
            if tensor.name == "s":
                slopes = numpy_helper.to_array(tensor) + np.float32(1e-3)
                tensor.CopyFrom(numpy_helper.from_array(slopes, "s"))
        return converted

    version_converter_before: Any = version_converter.convert_version
    monkeypatch.setattr(module.version_converter, "convert_version", careless)
    source = network(tmp_path / "m.onnx", 11, 6)
    with pytest.raises(ArtifactError, match=r"converted to 13 its embeddings differ by 0\.000"):
        build(source, tmp_path / "q.onnx", ingredients(STATIC))
