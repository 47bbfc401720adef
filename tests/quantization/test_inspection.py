"""What a graph quantizes, by hand: ops, their arithmetic, types, and wherever they are."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from suite.quantization.inspection import quantized_ops

IMAGE = (1, 3, 8, 8)
# Of images of 8 × 8: 64 places × 3 channels × 9 × 16 filters, and 64 × 16 × 4.
FIRST, SECOND = 64 * 3 * 9 * 16, 64 * 16 * 4
TYPES = {"int8": TensorProto.INT8, "uint8": TensorProto.UINT8}
OTHERS = {
    "int16": TensorProto.INT16,
    "uint16": TensorProto.UINT16,
    "float8": TensorProto.FLOAT8E4M3FN,
}


class Made:
    """Two convolutions, the nodes and weights of each in float or in QDQ form."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.held: list[onnx.TensorProto] = []

    def hold(self, name: str, values: np.ndarray, kind: int = TensorProto.FLOAT) -> str:
        self.held.append(helper.make_tensor(name, kind, values.shape, values.ravel()))
        return name

    def dequantized(self, name: str, kind: int, *, by_output_type: bool = False) -> str:
        zero = [] if by_output_type else [self.hold(f"{name}_zero", np.zeros(()), kind)]
        scale = self.hold(f"{name}_scale", np.ones(()))
        named = {"output_dtype": kind} if by_output_type else {}
        self.nodes += [
            helper.make_node("QuantizeLinear", [name, scale, *zero], [f"{name}_q"], **named),
            helper.make_node("DequantizeLinear", [f"{name}_q", scale, *zero], [f"{name}_dq"]),
        ]
        return f"{name}_dq"

    def weights(self, name: str, shape: tuple[int, ...], kind: int) -> str:
        self.hold(f"{name}_q", np.ones(shape), kind)
        scale, zero = (
            self.hold(f"{name}_scale", np.ones(())),
            self.hold(f"{name}_zero", np.zeros(()), kind),
        )
        self.nodes.append(helper.make_node("DequantizeLinear", [f"{name}_q", scale, zero], [name]))
        return name

    def conv(self, data: str, weights: str, output: str, size: int) -> None:
        pads = [size // 2] * 4
        self.nodes.append(helper.make_node("Conv", [data, weights], [output], output, pads=pads))

    def save(self, path: Path, **more: object) -> Path:
        graph = helper.make_graph(
            self.nodes,
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
            self.held,
        )
        opsets = [helper.make_opsetid("", 21), helper.make_opsetid("own", 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10, **more), path)
        return path


def two_convolutions(path: Path, first: int | None, second: int | None) -> Path:
    """A convolution of 3 × 3 and one of 1 × 1, each in float or in QDQ form of a type."""
    made = Made()
    for name, data, shape, kind in (
        ("a", "x", (16, 3, 3, 3), first),
        ("y", "a", (4, 16, 1, 1), second),
    ):
        if kind is None:
            made.conv(data, made.hold(f"w{name}", np.ones(shape)), name, shape[-1])
        else:
            made.conv(
                made.dequantized(data, kind), made.weights(f"w{name}", shape, kind), name, shape[-1]
            )
    return made.save(path)


@pytest.mark.parametrize(
    ("first", "second", "quantized", "share"),
    [
        (None, None, 0, 0.0),
        (TensorProto.INT8, None, 1, FIRST / (FIRST + SECOND)),
        (None, TensorProto.UINT8, 1, SECOND / (FIRST + SECOND)),
        (TensorProto.INT8, TensorProto.INT8, 2, 1.0),
    ],
)
def test_the_share_is_of_multiply_accumulates(
    tmp_path: Path, first: int | None, second: int | None, quantized: int, share: float
) -> None:
    found = quantized_ops(
        two_convolutions(tmp_path / "m.onnx", first, second), ["Conv"], "x", IMAGE
    )
    assert found.quantized == quantized
    assert found.share == pytest.approx(share)
    assert len(found.left_in_float) == 2 - quantized
    assert found.otherwise == ()


@pytest.mark.parametrize("kind", [*OTHERS.values()], ids=[*OTHERS])
def test_other_types_than_eight_bit_integers_are_no_int8(tmp_path: Path, kind: int) -> None:
    path = two_convolutions(tmp_path / "m.onnx", kind, kind)
    found = quantized_ops(path, ["Conv"], "x", IMAGE)
    assert (found.quantized, found.left_in_float, found.share) == (0, ("a", "y"), 0.0)
    name = TensorProto.DataType.Name(kind).lower()
    assert found.otherwise == (f"{name} data and {name} weights",) * 2


@pytest.mark.parametrize(
    ("kind", "quantized"), [(TensorProto.UINT8, 1), (TensorProto.INT8, 1), (TensorProto.UINT16, 0)]
)
def test_the_type_may_be_said_by_the_output_alone(
    tmp_path: Path, kind: int, quantized: int
) -> None:
    made = Made()
    data = made.dequantized("x", kind, by_output_type=True)
    made.conv(data, made.weights("w", (4, 3, 1, 1), TensorProto.INT8), "y", 1)
    found = quantized_ops(made.save(tmp_path / "m.onnx"), ["Conv"], "x", IMAGE)
    assert found.quantized == quantized


def test_weights_that_are_quantized_while_it_runs_are_counted(tmp_path: Path) -> None:
    made = Made()
    made.hold("w", np.ones((4, 3, 1, 1)))
    made.nodes.append(helper.make_node("Identity", ["w"], ["same"]))
    data, weights = (made.dequantized(name, TensorProto.INT8) for name in ("x", "same"))
    made.conv(data, weights, "y", 1)
    found = quantized_ops(made.save(tmp_path / "m.onnx"), ["Conv"], "x", IMAGE)
    # 12 values are no weights; a filter more, and they are.
    assert (found.quantized, found.float_weights) == (1, 0)
    made.held = [tensor for tensor in made.held if tensor.name != "w"]
    made.hold("w", np.ones((8, 3, 1, 1)))
    assert quantized_ops(made.save(tmp_path / "m.onnx"), ["Conv"], "x", IMAGE).float_weights == 1


def test_ops_of_a_branch_and_of_a_local_function_count(tmp_path: Path) -> None:
    made = Made()
    made.hold("w", np.ones((4, 3, 1, 1)))
    for name in ("then", "other"):
        made.hold(f"w{name}", np.ones((4, 3, 1, 1)))
    made.held.append(numpy_helper.from_array(np.array(True), "yes"))
    branches = {
        f"{which}_branch": helper.make_graph(
            [helper.make_node("Conv", ["x", f"w{name}"], [f"y{name}"], name)],
            name,
            [],
            [helper.make_tensor_value_info(f"y{name}", TensorProto.FLOAT, None)],
        )
        for which, name in (("then", "then"), ("else", "other"))
    }
    made.nodes += [
        helper.make_node("If", ["yes"], ["branch"], **branches),
        helper.make_node("Own", ["x", "w"], ["called"], domain="own"),
        helper.make_node("Add", ["branch", "called"], ["y"]),
    ]
    body = [helper.make_node("Conv", ["data", "filters"], ["result"], "inside")]
    function = helper.make_function(
        "own", "Own", ["data", "filters"], ["result"], body, [helper.make_opsetid("", 21)]
    )
    found = quantized_ops(
        made.save(tmp_path / "m.onnx", functions=[function]), ["Conv"], "x", IMAGE
    )
    assert found.quantized == 0
    assert len(found.left_in_float) == 3
