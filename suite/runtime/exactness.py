"""Whether this CPU's integer kernels add up their products exactly."""

import functools

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

_CHANNELS = 64
_LARGEST_U8, _LARGEST_S8 = 255, 127
_EXPECTED = 200


@functools.cache
def sums_exactly() -> bool:
    """Whether products of unsigned activations and signed weights are added without saturation.

    x86 without VNNI adds two of them in 16 bits, where 255·127 + 255·127 becomes 32,767
    (``vpmaddubsw``): such a sum is half of what the recipe says.
    """
    options = ort.SessionOptions()
    options.log_severity_level = 3
    model = _extremes().SerializeToString()
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    data = np.full((1, _CHANNELS, 4, 4), _LARGEST_U8, np.uint8)
    product, convolved = session.run(None, {"rows": data[0, :, :, 0].T, "images": data})
    # A step of rounding is no saturation.
    return all(
        bool((abs(each.astype(int) - _EXPECTED) <= 1).all()) for each in (product, convolved)
    )


def _extremes() -> onnx.ModelProto:
    """A product of matrices and a convolution of the largest numbers that 8 bits hold."""
    total = _CHANNELS * _LARGEST_U8 * _LARGEST_S8
    held = {
        "one": np.float32(1),
        "zero": np.uint8(0),
        "weight_zero": np.int8(0),
        "step": np.float32(total / _EXPECTED),
        "matrix": np.full((_CHANNELS, _CHANNELS), _LARGEST_S8, np.int8),
        "filters": np.full((_CHANNELS, _CHANNELS, 1, 1), _LARGEST_S8, np.int8),
    }

    def node(kind: str, data: str, weights: str, output: str) -> onnx.NodeProto:
        read = [data, "one", "zero", weights, "one", "weight_zero", "step", "zero"]
        return helper.make_node(kind, read, [output])

    def port(name: str, *shape: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.UINT8, shape)

    graph = helper.make_graph(
        [
            node("QLinearMatMul", "rows", "matrix", "product"),
            node("QLinearConv", "images", "filters", "convolved"),
        ],
        "extremes",
        [port("rows", 4, _CHANNELS), port("images", 1, _CHANNELS, 4, 4)],
        [port("product", 4, _CHANNELS), port("convolved", 1, _CHANNELS, 4, 4)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in held.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    made: onnx.ModelProto = helper.make_model(graph, opset_imports=opset, ir_version=8)
    return made
