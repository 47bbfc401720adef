"""A Conv, a Relu and a head of random weights, for tests of what its tensors become."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def small_conv(side: int, kernel: int, opset: int = 17) -> onnx.ModelProto:
    """Images x [n, 3, side, side], a of the Conv, r of the Relu, the embedding y [n, 6]."""
    rng = np.random.default_rng(1)
    flat = 4 * (side - kernel + 1) ** 2
    weights = {
        "w": rng.standard_normal((4, 3, kernel, kernel)),
        "v": rng.standard_normal((flat, 6)),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"]),
        helper.make_node("Relu", ["a"], ["r"]),
        helper.make_node("Flatten", ["r"], ["f"]),
        helper.make_node("MatMul", ["f", "v"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, side, side])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 6])],
        [numpy_helper.from_array(v.astype(np.float32), name) for name, v in weights.items()],
    )
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)
