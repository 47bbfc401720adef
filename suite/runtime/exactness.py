"""Whether this runtime's integer kernels compute exact sums of products on this CPU."""

import functools

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto, helper, numpy_helper

_CHANNELS = 64
_ZERO = 128
_LARGEST_U8, _LARGEST_S8 = 255, 127
_EXPECTED = 200
# Channels, filters, side and kernel: products of 27 and of 576 numbers.
_CONVOLUTIONS = ((3, 32, 16, 3), (64, 64, 7, 3))


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


@functools.cache
def multiplies_exactly() -> bool:
    """Whether a ConvInteger of unsigned data and weights gives the sums that it stands for.

    onnxruntime 1.24 and older give others on CPUs with AMX (onnxruntime#27671, mended in 1.25).
    """
    options = ort.SessionOptions()
    options.log_severity_level = 3
    rng = np.random.default_rng(0)
    for channels, filters, side, kernel in _CONVOLUTIONS:
        data = rng.integers(0, 256, (1, channels, side, side), np.uint8)
        weights = rng.integers(0, 256, (filters, channels, kernel, kernel), np.uint8)
        model = _convolution(data.shape, weights).SerializeToString()
        session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        (given,) = session.run(None, {"images": data})
        windows = sliding_window_view(data[0].astype(np.int64) - _ZERO, (kernel, kernel), (1, 2))
        exact = np.einsum("cyxij,fcij->fyx", windows, weights.astype(np.int64) - _ZERO)
        if not np.array_equal(given[0], exact):
            return False
    return True


def _convolution(shape: tuple[int, ...], weights: npt.NDArray[np.uint8]) -> onnx.ModelProto:
    """A ConvInteger whose data and weights have the zero point 128."""
    node = helper.make_node("ConvInteger", ["images", "weights", "zero", "zero"], ["sums"])
    graph = helper.make_graph(
        [node],
        "products",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("sums", TensorProto.INT32, [None] * 4)],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.asarray(_ZERO, np.uint8), "zero"),
        ],
    )
    opset = [helper.make_opsetid("", 17)]
    made: onnx.ModelProto = helper.make_model(graph, opset_imports=opset, ir_version=8)
    return made


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
