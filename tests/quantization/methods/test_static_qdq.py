"""Which input a static recipe feeds its faces to."""

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import quantizable
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantType,
    quantize_static,
)

from suite.catalog.errors import ArtifactError
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.face_set import face_set
from suite.quantization.artifact import Ingredients
from suite.quantization.calibration import face_reader
from suite.quantization.methods import static_qdq
from suite.quantization.methods.static_qdq import quantize
from suite.quantization.preparation import Prepared, prepare
from suite.quantization.ranges.for_onnxruntime import takes_ranges

SPEC = PreprocessSpec(
    height=8, width=8, color_order="RGB", scale=255.0, mean=(0.0,) * 3, std=(1.0,) * 3
)
IMAGES = ("images", [1, 3, 8, 8])
THRESHOLD = ("threshold", [1])


def network(path: Path, *inputs: tuple[str, list[int]]) -> Path:
    graph = helper.make_graph(
        [helper.make_node("Relu", [inputs[0][0]], ["y"])],
        "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name, size in inputs],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, inputs[0][1])],
    )
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return path


def ingredients(name: str | None) -> Ingredients:
    png = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    faces = face_set("faces", [Face.held("a", png)])
    outputs = OutputSpec(embedding_dim=5, input=name)
    return Ingredients("0" * 64, RecipeSpec(method="static_qdq"), SPEC, outputs, faces)


@pytest.mark.parametrize("name", [None, "images"])
def test_the_only_input_need_not_be_named(tmp_path: Path, name: str | None) -> None:
    path = network(tmp_path / "m.onnx", IMAGES)
    quantize(Prepared(path, large=False), tmp_path / "q.onnx", ingredients(name))
    assert (tmp_path / "q.onnx").is_file()


def test_of_several_inputs_one_must_be_named(tmp_path: Path) -> None:
    path = network(tmp_path / "m.onnx", IMAGES, THRESHOLD)
    with pytest.raises(ArtifactError, match=r"has inputs \['images', 'threshold'\]: name one"):
        quantize(Prepared(path, large=False), tmp_path / "q.onnx", ingredients(None))


def test_an_input_that_there_is_not_is_refused(tmp_path: Path) -> None:
    path = network(tmp_path / "m.onnx", IMAGES)
    with pytest.raises(ArtifactError, match=r"no input 'data' but \['images'\]: correct the card"):
        quantize(Prepared(path, large=False), tmp_path / "q.onnx", ingredients("data"))


class Faces(CalibrationDataReader):  # type: ignore[misc]
    """The faces for onnxruntime itself."""

    def __init__(self, of: Ingredients) -> None:
        self._reader = face_reader([image_port()], of)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return self._reader.get_next()


def image_port() -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 16, 24])


def steps_of(path: Path) -> dict[str, tuple[float, int]]:
    """The scale and the zero point of each quantized activation."""
    graph = onnx.load(path).graph
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes = [n for n in graph.node if n.op_type == "QuantizeLinear" and n.input[0] not in held]
    return {n.input[0]: (float(held[n.input[1]]), int(held[n.input[2]])) for n in nodes}


@pytest.mark.parametrize("form", ["static_qdq", "static_qoperator"])
@pytest.mark.parametrize("method", ["Percentile", "Entropy"])
def test_ranges_by_histograms_give_onnxruntimes_artifact_to_a_bins_width(
    tmp_path: Path, method: str, form: str
) -> None:
    recipe = RecipeSpec.model_validate({"method": form, "calibration_method": method})
    of = quantizable.ingredients(quantizable.network(tmp_path / "m.onnx", "n"), recipe)
    (tmp_path / "work").mkdir()
    prepared = prepare(tmp_path / "m.onnx", tmp_path / "work", of)
    static_qdq.quantize(prepared, tmp_path / "ours.onnx", of)
    quantize_static(
        prepared.path,
        tmp_path / "theirs.onnx",
        Faces(of),
        quant_format=static_qdq._FORMS[form],
        activation_type=QuantType.QUInt8,
        calibrate_method=CalibrationMethod[method],
    )
    ours, theirs = steps_of(tmp_path / "ours.onnx"), steps_of(tmp_path / "theirs.onnx")
    assert ours.keys() == theirs.keys() and ours
    for name, (scale, zero) in theirs.items():
        # A bin is 1/2048 of the largest absolute value, which a step holds 128 to 255 times.
        assert ours[name][0] == pytest.approx(scale, rel=2 / 2048)
        assert abs(ours[name][1] - zero) <= 1


@pytest.mark.skipif(not takes_ranges("Percentile"), reason="this onnxruntime takes no ranges")
def test_onnxruntime_does_not_calibrate_where_it_is_handed_ranges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its calibrator by percentile would hold every value of every face."""
    recipe = RecipeSpec(method="static_qdq", calibration_method="Percentile")
    of = quantizable.ingredients(quantizable.network(tmp_path / "m.onnx", "n"), recipe)
    monkeypatch.delattr(sys.modules[quantize_static.__module__], "create_calibrator")
    (tmp_path / "work").mkdir()
    prepared = prepare(tmp_path / "m.onnx", tmp_path / "work", of)
    static_qdq.quantize(prepared, tmp_path / "q.onnx", of)
    assert steps_of(tmp_path / "q.onnx")
    plain = replace(of, recipe=RecipeSpec(method="static_qdq"))
    with pytest.raises(NameError, match="create_calibrator"):
        static_qdq.quantize(prepared, tmp_path / "q.onnx", plain)
