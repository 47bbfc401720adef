"""Which ops onnxruntime's CPU kernels compute in 8 bits, and what of a node is data and weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import onnx

from suite.quantization.shapes import Shapes
from suite.quantization.steps.net import Net, attributes
from suite.quantization.steps.slopes import scaled_input


class Kind(Enum):
    """What an op does with the 8 bits that it reads."""

    # Multiplies data by weights and accumulates: what quantizing is for.
    DENSE = "dense"
    # Gives values of another range, from a kernel that reads and writes 8 bits.
    COMPUTES = "computes"
    # Gives values of its input, which keep their scale and zero point.
    MOVES = "moves"
    # Gives the larger of x and a · x, which share a scale and a zero point: a PReLU.
    CHOOSES = "chooses"


@dataclass(frozen=True)
class IntegerOp:
    """A node that can be computed in 8 bits.

    Attributes
    ----------
    data : the positions of its activations among its inputs
    axis : of its weights, which are its second input, that of the output channels
    has_float_output : whether its kernel can give floats, so that nothing is rounded after it
    """

    kind: Kind
    data: tuple[int, ...] = (0,)
    axis: int = 0
    has_float_output: bool = False


# Each was found in the graph that onnxruntime 1.32 optimised for its CPU.
_COMPUTES_ALL = frozenset({"Add", "Mul", "Concat"})
_COMPUTES = frozenset({"AveragePool", "GlobalAveragePool", "LeakyRelu", "Sigmoid"})
MOVES = frozenset(
    {
        *("MaxPool", "Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Identity"),
        *("Slice", "Split", "Gather", "Expand", "Tile", "DepthToSpace", "Pad", "Resize"),
    }
)


def integer_op(net: Net, node: onnx.NodeProto, shapes: Shapes) -> IntegerOp | None:
    """How a node is computed in 8 bits; None where it is computed in float."""
    if node.domain not in ("", "ai.onnx"):
        return None
    if node.op_type in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
        return _dense(net, node)
    if node.op_type in _COMPUTES_ALL:
        data = tuple(i for i, name in enumerate(node.input) if net.weight(name) is None)
        constants = [net.weight(name) for name in node.input]
        known = all(c is None or (c.dtype == np.float32 and c.size) for c in constants)
        return IntegerOp(Kind.COMPUTES, data) if data and known else None
    if scaled_input(net, node) is not None:
        return IntegerOp(Kind.CHOOSES, (0, 1))
    if not node.input or net.weight(node.input[0]) is not None:
        return None
    if node.op_type in _COMPUTES:
        pools = node.op_type.endswith("Pool")
        image = not pools or len(shapes.get(node.input[0], (0,) * 4)) == 4
        return IntegerOp(Kind.COMPUTES) if image else None
    return IntegerOp(Kind.MOVES) if node.op_type in MOVES and _moves_bytes(net, node) else None


def _dense(net: Net, node: onnx.NodeProto) -> IntegerOp | None:
    """A layer whose weights and bias the graph holds as finite float32 numbers."""
    weights = net.weight(node.input[1])
    bias = net.weight(node.input[2]) if len(node.input) > 2 and node.input[2] else None
    if len(node.input) > 2 and node.input[2] and bias is None:
        return None
    for held in (weights, bias):
        if held is not None and not (held.dtype == np.float32 and np.isfinite(held).all()):
            return None
    if weights is None or not weights.size or net.weight(node.input[0]) is not None:
        return None
    if node.op_type == "MatMul":
        # onnxruntime makes a Gemm of a MatMul and the Add after it, but none in integers.
        added = any(reader.op_type == "Add" for reader in net.readers(node.output[0]))
        two = weights.ndim == 2
        return IntegerOp(Kind.DENSE, axis=1, has_float_output=not added) if two else None
    if node.op_type != "Gemm":
        return IntegerOp(Kind.DENSE, axis=0 if node.op_type == "Conv" else 1)
    said = attributes(node)
    axis = 0 if said.get("transB", 0) else 1
    plain = not said.get("transA", 0) and said.get("alpha", 1.0) == 1.0
    adds_bias = bias is None or (
        said.get("beta", 1.0) == 1.0 and bias.size in (1, weights.shape[axis])
    )
    return IntegerOp(Kind.DENSE, axis=axis, has_float_output=True) if plain and adds_bias else None


def _moves_bytes(net: Net, node: onnx.NodeProto) -> bool:
    """Whether a node of an op that can move bytes does nothing else."""
    said = attributes(node)
    if node.op_type == "MaxPool":
        # Without the indices of the largest, which come from another kernel.
        return sum(bool(name) for name in node.output) == 1
    if node.op_type == "Resize":
        return said.get("mode", b"nearest") == b"nearest"
    if node.op_type == "Pad":
        return said.get("mode", b"constant") != b"constant" or _pads_zeros(net, node.input)
    return True


def _pads_zeros(net: Net, inputs: Sequence[str]) -> bool:
    """Whether a Pad fills with 0, which every range holds."""
    if len(inputs) < 3 or not inputs[2]:
        return True
    value = net.weight(inputs[2])
    return value is not None and not value.any()
