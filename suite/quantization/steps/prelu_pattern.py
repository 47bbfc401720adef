"""PReLU as exporters write it that have no op for it, made one op again."""

import numpy as np
import onnx
from onnx import helper

from suite.quantization.shapes import Shapes
from suite.quantization.steps.net import Array, Net


def restore_prelu(net: Net, shapes: Shapes) -> int:
    """Rewrite relu(x) + a · min(x, 0), in the forms of min(x, 0) below; how often it was found.

    - (x − |x|) is 2 · min(x, 0): TensorFlow's own layers, and those of tf.slim
    - relu(−x) is −min(x, 0): Keras
    - min(x, 0) as it is

    Each may be multiplied by several constants, negated, added or subtracted. The ops are edited
    in place; those that nobody reads any more are left to `Net.prune`.
    """
    found = 0
    for node in list(net.nodes):
        if node.op_type in ("Add", "Sub") and _is_onnx(node):
            found += _restore(net, node, shapes)
    net.prune()
    return found


def _restore(net: Net, node: onnx.NodeProto, shapes: Shapes) -> bool:
    one, other = node.input
    # What may be relu(x), what the rest, and the rest's sign.
    sides = [(one, other, -1)] if node.op_type == "Sub" else [(one, other, 1), (other, one, 1)]
    for upper, lower, sign in sides:
        relu = net.writer(upper)
        if relu is None or relu.op_type != "Relu" or not _is_onnx(relu):
            continue
        slope = _slope_of(net, lower, relu.input[0], shapes)
        if slope is not None:
            named = net.add_weight(
                f"{node.output[0]}_slope", np.multiply(slope, sign, dtype=slope.dtype)
            )
            prelu = helper.make_node("PRelu", [relu.input[0], named], node.output, node.name)
            net.replace(node, [prelu])
            return True
    return False


def _slope_of(net: Net, name: str, given: str, shapes: Shapes) -> Array | None:
    """The a of which a tensor is a · min(x, 0), as a PReLU's slope; None where it is not that."""
    factors, sign = [], 1
    while (node := net.writer(name)) is not None and _is_onnx(node):
        computed = [read for read in node.input if read not in net.weights]
        held = [net.weights[read] for read in node.input if read in net.weights]
        if node.op_type == "Neg":
            sign = -sign
        elif node.op_type == "Mul" and len(computed) == len(held) == 1:
            factors.append(_without_batch(held[0], shapes.get(given)))
        else:
            break
        name = computed[0]
    times = _times_lower(net, name, given)
    if times is None or not factors:
        return None
    product = np.array([sign * times], np.float64)
    for factor in factors:
        if factor is None:
            return None
        product = np.multiply(product, factor, dtype=np.float64)
    slope: Array = product.astype(factors[0].dtype) if factors[0] is not None else product
    return slope


def _times_lower(net: Net, name: str, given: str) -> int | None:
    """How many times min(x, 0) a tensor is; None where it is something else."""
    node = net.writer(name)
    if node is None or not _is_onnx(node):
        return None
    first, *others = [net.writer(read) for read in node.input]
    if node.op_type == "Sub" and node.input[0] == given and _is(others[0], "Abs", given):
        return 2
    if node.op_type == "Relu" and _is(first, "Neg", given):
        return -1
    zeros = [net.weights[read] for read in node.input if read in net.weights]
    minimum = node.op_type == "Min" and len(node.input) == 2 and given in node.input
    return 1 if minimum and len(zeros) == 1 and zeros[0].size == 1 and not zeros[0].any() else None


def _without_batch(factor: Array, shape: tuple[int, ...] | None) -> Array | None:
    """A factor that broadcasts to a tensor alone, as a PReLU's slope has to; else None."""
    if shape is None or factor.ndim > len(shape) or factor.dtype.kind != "f":
        return None
    for have, want in zip(factor.shape[::-1], shape[::-1], strict=False):
        if have not in (1, want):
            return None
    if factor.ndim < len(shape):
        return factor
    # The batch is not the slope's.
    return factor[0] if factor.shape[0] == 1 else None


def _is(node: onnx.NodeProto | None, op_type: str, given: str) -> bool:
    known = node is not None and _is_onnx(node) and node.op_type == op_type
    return known and node is not None and node.input[0] == given


def _is_onnx(node: onnx.NodeProto) -> bool:
    return node.domain in ("", "ai.onnx")
