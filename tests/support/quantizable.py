"""A small network, faces for it and the recipes of both methods, for tests of quantizing."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from suite.catalog.folder import read_catalog
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet, face_set
from suite.models.onnx_file import read_onnx_file
from suite.quantization.artifact import Ingredients
from suite.quantization.recipe import resolve_recipe
from suite.runtime.profile import cpu_profile

OUTPUTS = OutputSpec(embedding_dim=5)


def static_recipe() -> RecipeSpec:
    """What the CPU at hand gets: without VNNI, U8S8 needs a reduced range or its sums saturate."""
    catalog = read_catalog()
    mode, provider = catalog.modes["int8_static_qdq"], catalog.providers["cpu"]
    recipe = resolve_recipe(mode, provider, cpu_profile())
    assert recipe is not None
    return recipe


STATIC = static_recipe()
DYNAMIC = RecipeSpec(method="dynamic", op_types=("Conv", "Gemm"), weight_type="QUInt8")


def spec(layout: str = "NCHW") -> PreprocessSpec:
    return PreprocessSpec(
        height=16,
        width=24,
        layout=layout,  # type: ignore[arg-type]
        color_order="RGB",
        scale=255.0,
        mean=(127.5,) * 3,
        std=(127.5,) * 3,
    )


def network(path: Path, batch: int | str, layout: str = "NCHW", width: int = 5) -> Path:
    rng = np.random.default_rng(0)
    shape = [batch, 3, 16, 24] if layout == "NCHW" else [batch, 16, 24, 3]
    nodes, first = [], "x"
    if layout == "NHWC":
        nodes.append(helper.make_node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]))
        first = "t"
    nodes += [
        helper.make_node("Conv", [first, "k"], ["c"], strides=[4, 4], kernel_shape=[4, 4]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("Flatten", ["r"], ["f"]),
        helper.make_node("Gemm", ["f", "w", "b"], ["y"]),
    ]
    weights = {"k": (8, 3, 4, 4), "w": (192, width), "b": (width,)}
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, width])],
        [
            numpy_helper.from_array(rng.standard_normal(s).astype(np.float32), name)
            for name, s in weights.items()
        ],
    )
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return path


def faces(count: int) -> FaceSet:
    import cv2

    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (count, 16, 24, 3), dtype=np.uint8)
    encoded = [cv2.imencode(".png", image)[1].tobytes() for image in images]
    return face_set("faces", [Face.held(f"f{i}", data) for i, data in enumerate(encoded)])


def ingredients(path: Path, recipe: RecipeSpec, layout: str = "NCHW") -> Ingredients:
    source = read_onnx_file(path)
    return Ingredients(source.sha256, recipe, spec(layout), OUTPUTS, faces(10))
