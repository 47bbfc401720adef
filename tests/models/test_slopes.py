"""Slopes of a PReLU that are a vector lie along the width, whatever their exporter meant."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from suite.catalog.errors import ModelError
from suite.models.precision import precision_of


def network(slope: tuple[int, ...], *between: str, dense: bool = False) -> onnx.ModelProto:
    """A convolution to 16 channels, nodes that keep its axes, and a PReLU."""
    first = "Gemm" if dense else "Conv"
    nodes, data = [helper.make_node(first, ["x", "w"], ["t"])], "t"
    for place, op_type in enumerate(between):
        more = ["c"] * 4 if op_type == "BatchNormalization" else []
        nodes.append(helper.make_node(op_type, [data, *more], [f"t{place}"]))
        data = f"t{place}"
    nodes.append(helper.make_node("PRelu", [data, "slope"], ["y"], "relu0"))
    held = {"w": np.ones((16, 16) if dense else (16, 3, 3, 3), np.float32)}
    held |= {"c": np.ones(16, np.float32), "slope": np.full(slope, 0.25, np.float32)}
    images = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    weights = [numpy_helper.from_array(array, name) for name, array in held.items()]
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    return helper.make_model(helper.make_graph(nodes, "g", [images], [out], weights), ir_version=9)


@pytest.mark.parametrize(
    "between", [(), ("BatchNormalization",), ("BatchNormalization", "Dropout")]
)
def test_a_vector_after_a_convolution_is_refused(tmp_path, between: tuple[str, ...]) -> None:
    onnx.save(network((16,), *between), tmp_path / "m.onnx")
    with pytest.raises(
        ModelError, match=r"node 'relu0' is a PRelu with slopes of shape \[16\], wh"
    ):
        precision_of(tmp_path / "m.onnx")


@pytest.mark.parametrize("slope", [(16, 1, 1), (1,), (1, 16, 1, 1), ()])
def test_slopes_of_the_channels_are_as_they_should_be(tmp_path, slope: tuple[int, ...]) -> None:
    onnx.save(network(slope), tmp_path / "m.onnx")
    assert precision_of(tmp_path / "m.onnx") == "float32"


def test_a_vector_after_a_product_is_of_its_columns(tmp_path) -> None:
    onnx.save(network((16,), dense=True), tmp_path / "m.onnx")
    assert precision_of(tmp_path / "m.onnx") == "float32"
