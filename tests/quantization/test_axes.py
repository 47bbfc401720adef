"""Scales of weights along another axis than a layer's outputs are named, others are not."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

from suite.quantization.axes import misplaced_axes

# By op: the shape of its data, of its weights, the axis of its outputs, and its attributes.
LAYERS = {
    "Conv": ((1, 6, 8, 8), (4, 6, 3, 3), 0, {}),
    "ConvTranspose": ((1, 6, 8, 8), (6, 4, 3, 3), 1, {}),
    "Gemm": ((2, 6), (4, 6), 0, {"transB": 1}),
    "Gemm not turned": ((2, 6), (6, 4), 1, {}),
    "MatMul": ((2, 6), (6, 4), 1, {}),
}


def layer(folder: Path, kind: str, axis: int | None, scales: int | None = None) -> Path:
    """A network of one layer with a scale for each place along an axis of its weights."""
    data, shape, _, attributes = LAYERS[kind]
    rank = len(data)
    scale = np.full(scales or shape[axis or 0], 0.01, np.float32)
    said = {} if axis is None else {"axis": axis}
    nodes = [
        helper.make_node("DequantizeLinear", ["w_q", "s"], ["w"], **said),
        helper.make_node(kind.split()[0], ["x", "w"], ["y"], name="layer", **attributes),
    ]
    held = {"w_q": np.ones(shape, np.int8), "s": scale if scale.size > 1 else scale[0]}
    graph = helper.make_graph(
        nodes,
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, data)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * rank)],
        [numpy_helper.from_array(value, name) for name, value in held.items()],
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), folder / "one.onnx")
    return folder / "one.onnx"


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("turned", [0, 1, -1])
def test_an_axis_is_right_where_the_outputs_lie_alone(
    tmp_path: Path, kind: str, turned: int
) -> None:
    _, shape, outputs, _ = LAYERS[kind]
    named = misplaced_axes(layer(tmp_path, kind, turned))
    if turned % len(shape) == outputs:
        assert not named
    else:
        (words,) = named
        scales = shape[turned]
        assert words == (
            f"{kind.split()[0]} 'layer' has its {scales} scales along axis {turned} of weights "
            f"{list(shape)}, and its outputs lie along axis {outputs}"
        )


def test_an_axis_that_is_not_said_is_the_second(tmp_path: Path) -> None:
    assert not misplaced_axes(layer(tmp_path, "MatMul", None, scales=4))
    assert "axis 1" in misplaced_axes(layer(tmp_path, "Conv", None, scales=6))[0]


def test_one_scale_for_all_has_no_axis(tmp_path: Path) -> None:
    assert not misplaced_axes(layer(tmp_path, "Conv", 1, scales=1))


class _Once(CalibrationDataReader):
    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self.left = [{name: np.random.default_rng(0).standard_normal(shape).astype(np.float32)}]

    def get_next(self) -> dict[str, np.ndarray] | None:
        return self.left.pop() if self.left else None


@pytest.mark.parametrize("kind", ["Conv", "Gemm", "Gemm not turned", "MatMul"])
def test_what_onnxruntime_quantizes_per_channel_is_right(tmp_path: Path, kind: str) -> None:
    data, shape, _, attributes = LAYERS[kind]
    node = helper.make_node(kind.split()[0], ["x", "w"], ["y"], name="layer", **attributes)
    weights = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, data)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * len(data))],
        [numpy_helper.from_array(weights, "w")],
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), tmp_path / "f.onnx")
    quantize_static(
        tmp_path / "f.onnx",
        tmp_path / "q.onnx",
        _Once("x", data),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
    )
    assert ort.InferenceSession(tmp_path / "q.onnx", providers=["CPUExecutionProvider"])
    assert not misplaced_axes(tmp_path / "q.onnx")
