"""Which input a static recipe feeds its faces to."""

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from suite.catalog.errors import ArtifactError
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.face_set import face_set
from suite.quantization.artifact import Ingredients
from suite.quantization.methods.static_qdq import quantize
from suite.quantization.preparation import Prepared

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
