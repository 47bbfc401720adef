"""PReLU as TensorFlow writes it, in five ops, made one op again."""

import numpy as np
import onnx
from onnx import helper

from suite.quantization.shapes import Shapes
from suite.quantization.steps.net import Array, Net


def restore_prelu(net: Net, shapes: Shapes) -> int:
    """Rewrite relu(x) + a · (x − |x|) as PReLU with the slope 2a; how often that was found.

    Where x is negative x − |x| is 2x, else 0. The ops are edited in place; those that nobody
    reads any more are left to `Net.prune`.
    """
    found = 0
    for node in list(net.nodes):
        if node.op_type != "Add":
            continue
        for relu_name, lower_name in (node.input, node.input[::-1]):
            relu, lower = net.writer(relu_name), net.writer(lower_name)
            slope = _slope_of(net, relu, lower, shapes)
            if relu is not None and slope is not None:
                named = net.add_weight(f"{node.output[0]}_slope", slope)
                prelu = helper.make_node("PRelu", [relu.input[0], named], list(node.output))
                net.replace(node, [prelu])
                found += 1
                break
    net.prune()
    return found


def _slope_of(
    net: Net, relu: onnx.NodeProto | None, lower: onnx.NodeProto | None, shapes: Shapes
) -> Array | None:
    """The slope that a Relu and what is added to it make together; None where they make none."""
    if relu is None or lower is None or relu.op_type != "Relu" or lower.op_type != "Mul":
        return None
    given = relu.input[0]
    factors = [name for name in lower.input if name in net.weights]
    inner = [net.writer(name) for name in lower.input if name not in net.weights]
    if len(factors) != 1 or len(inner) != 1 or inner[0] is None or inner[0].op_type != "Sub":
        return None
    difference = inner[0]
    absolute = net.writer(difference.input[1])
    if difference.input[0] != given or absolute is None or absolute.op_type != "Abs":
        return None
    if absolute.input[0] != given:
        return None
    return _doubled(net.weights[factors[0]], shapes.get(given))


def _doubled(factor: Array, shape: tuple[int, ...] | None) -> Array | None:
    """Twice a factor, where it broadcasts to the tensor alone: a PReLU's slope cannot do more."""
    if shape is None or factor.ndim > len(shape):
        return None
    for have, want in zip(factor.shape[::-1], shape[::-1], strict=False):
        if have not in (1, want):
            return None
    # The batch is not the slope's.
    if factor.ndim == len(shape):
        if factor.shape[0] != 1:
            return None
        factor = factor[0]
    product: Array = np.multiply(factor, 2, dtype=factor.dtype)
    return product
