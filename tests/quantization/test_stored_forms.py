"""What docs/modes.md says that onnxruntime's CPU only stores, or does not take."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

SHAPE = (4, 3, 3, 3)


def model(
    nodes: list[onnx.NodeProto], weights: list[onnx.TensorProto], opset: int
) -> onnx.ModelProto:
    """A network of one convolution of ``x`` into ``y``, both in float32."""
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 6, 6])],
        weights,
    )
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def constants(**values: np.ndarray | np.generic) -> list[onnx.TensorProto]:
    return [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]


def optimised(made: onnx.ModelProto, folder: Path) -> Counter[str]:
    """The kinds of ops that are left as the network is loaded."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.optimized_model_filepath = str(folder / "optimised.onnx")
    ort.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return Counter(node.op_type for node in onnx.load(folder / "optimised.onnx").graph.node)


def test_weights_alone_in_8_bits_are_dequantized_with_every_image(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s"], ["w"], axis=0),
        helper.make_node("Conv", ["x", "w"], ["y"]),
    ]
    weights = constants(q=np.full(SHAPE, 3, np.int8), s=np.full(4, 0.1, np.float32))
    kinds = optimised(model(nodes, weights, 17), tmp_path)
    assert kinds["DequantizeLinear"] == 1
    assert kinds["Conv"] + kinds["FusedConv"] == 1


def test_activations_of_16_bits_leave_the_convolution_in_float(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "xs", "xz"], ["xq"]),
        helper.make_node("DequantizeLinear", ["xq", "xs", "xz"], ["xd"]),
        helper.make_node("DequantizeLinear", ["q", "s"], ["w"], axis=0),
        helper.make_node("Conv", ["xd", "w"], ["c"]),
        helper.make_node("QuantizeLinear", ["c", "xs", "xz"], ["cq"]),
        helper.make_node("DequantizeLinear", ["cq", "xs", "xz"], ["y"]),
    ]
    weights = constants(
        q=np.full(SHAPE, 3, np.int8),
        s=np.full(4, 0.1, np.float32),
        xs=np.float32(1e-3),
        xz=np.uint16(32768),
    )
    kinds = optimised(model(nodes, weights, 21), tmp_path)
    assert kinds["QuantizeLinear"] == 2
    assert kinds["Conv"] + kinds["FusedConv"] == 1
    assert not kinds["QLinearConv"]


def test_weights_in_bfloat16_are_float32_once_the_network_is_loaded(tmp_path: Path) -> None:
    stored = helper.make_tensor("h", TensorProto.BFLOAT16, SHAPE, [0.5] * 108)
    nodes = [
        helper.make_node("Cast", ["h"], ["w"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["x", "w"], ["y"]),
    ]
    assert "Cast" not in optimised(model(nodes, [stored], 17), tmp_path)


@pytest.mark.parametrize(
    ("opset", "said"), [(21, "invalid model"), (22, "not find an implementation for Conv")]
)
def test_a_network_in_bfloat16_is_not_loaded(tmp_path: Path, opset: int, said: str) -> None:
    stored = helper.make_tensor("w", TensorProto.BFLOAT16, SHAPE, [0.5] * 108)
    nodes = [
        helper.make_node("Cast", ["x"], ["h"], to=TensorProto.BFLOAT16),
        helper.make_node("Conv", ["h", "w"], ["c"]),
        helper.make_node("Cast", ["c"], ["y"], to=TensorProto.FLOAT),
    ]
    with pytest.raises(Exception, match=said):
        optimised(model(nodes, [stored], opset), tmp_path)
