"""A network of one layer, made whole or broken, for tests of what is said of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE, DIM = 4, 5
WEIGHTS = np.random.default_rng(7).standard_normal((3 * SIDE * SIDE, DIM)).astype(np.float32)
FLOAT, UINT8 = TensorProto.FLOAT, TensorProto.UINT8
INT8, INT16 = TensorProto.INT8, TensorProto.INT16
Port = tuple[str, int, list[int | str]]


@dataclass
class Net:
    """A network: its ports, the nodes before and after its one layer, and its weights."""

    inputs: list[Port] = field(default_factory=lambda: [("x", FLOAT, ["n", 3, SIDE, SIDE])])
    output: Port = ("y", FLOAT, ["n", DIM])
    before: Sequence[onnx.NodeProto] = (helper.make_node("Identity", ["x"], ["image"]),)
    after: Sequence[onnx.NodeProto] = (helper.make_node("Identity", ["embedding"], ["y"]),)
    weights: np.ndarray = field(default_factory=lambda: WEIGHTS)
    constants: dict[str, np.ndarray] = field(default_factory=dict)

    def save(self, path: Path) -> str:
        """Write it; its SHA-256."""
        flatten = helper.make_node("Flatten", ["image"], ["flat"], name="flatten")
        layer = helper.make_node("MatMul", ["flat", "w"], ["embedding"], name="head")
        held = {"w": self.weights, **self.constants}
        graph = helper.make_graph(
            [*self.before, flatten, layer, *self.after],
            "g",
            [helper.make_tensor_value_info(*port) for port in self.inputs],
            [helper.make_tensor_value_info(*self.output)],
            [numpy_helper.from_array(value, name) for name, value in held.items()],
        )
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("onnx.brevitas", 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
        return hashlib.sha256(path.read_bytes()).hexdigest()


def node(op_type: str, given: list[str], made: str, **rest: object) -> onnx.NodeProto:
    return helper.make_node(op_type, given, [made], name=f"to_{made}", **rest)


def image(shape: list[int | str], kind: int = FLOAT) -> list[Port]:
    return [("x", kind, shape)]


# A full-integer form: FP32 is fed (pixel - 127.5) / 127.5, which is -1…1.
FULL_INTEGER = Net(
    image([1, SIDE, SIDE, 3], UINT8),
    output=("Identity", FLOAT, [1, DIM]),
    before=(
        node("DequantizeLinear", ["x", "in_scale", "in_zero"], "floats"),
        node("Transpose", ["floats"], "image", perm=[0, 3, 1, 2]),
    ),
    after=(node("Identity", ["embedding"], "Identity"),),
    constants={"in_scale": np.float32(2 / 255), "in_zero": np.uint8(128)},
)
