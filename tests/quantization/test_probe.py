"""Images that a network in work is run on: embedded as gates embed faces."""

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.images.decoder import decode
from suite.datasets.preprocessing import prepare
from suite.quantization.cpu_sessions import open_on_cpu
from suite.quantization.probe import Probe
from suite.runtime.embedding import embed
from suite.runtime.network import Flip

SPEC = PreprocessSpec(
    height=6,
    width=5,
    layout="NHWC",
    color_order="RGB",
    scale=255.0,
    mean=(127.5,) * 3,
    std=(127.5,) * 3,
)
RNG = np.random.default_rng(5)


def network(path: Path) -> None:
    """A linear network that gives embeddings of unit length, and what their length was."""
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "w"], ["feature"]),
        helper.make_node("ReduceL2", ["feature", "axes"], ["norm"], keepdims=1),
        helper.make_node("Div", ["feature", "norm"], ["embedding"]),
    ]
    weights = RNG.standard_normal((6 * 5 * 3, 4)).astype(np.float32)
    held = [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.array([1]), "axes")]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 6, 5, 3])
    given = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
        for name, width in (("embedding", 4), ("norm", 1))
    ]
    graph = helper.make_graph(nodes, "g", [image], given, held)
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)


@pytest.mark.parametrize("flip", ["none", "add", "concat", "norm_weighted"])
def test_images_are_embedded_with_their_mirror_images_as_gates_do(
    flip: Flip, tmp_path: Path
) -> None:
    path = tmp_path / "net.onnx"
    network(path)
    named = OutputSpec(embedding_dim=4, embedding="embedding", norm="norm")
    pixels = RNG.integers(0, 256, (5, 6, 5, 3), dtype=np.uint8)
    encoded = [cv2.imencode(".png", each)[1].tobytes() for each in pixels]
    faces = [Face.held(f"{at}.png", each) for at, each in enumerate(encoded)]
    tensor = prepare([decode(face.read(), face.name) for face in faces], SPEC)
    found = Probe([tensor[:3], tensor[3:]], named, flip, "NHWC").embed(path)
    assert found.dtype == np.float64
    expected = embed(open_on_cpu(path), faces, SPEC, named, flip, 2)
    units = found / np.linalg.norm(found, axis=1, keepdims=True)
    np.testing.assert_allclose(units, expected, atol=1e-6)
