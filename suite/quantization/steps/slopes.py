"""The slopes of a PReLU, channel by channel, and the Conv that multiplies by such factors."""

import numpy as np
import onnx
from onnx import helper

from suite.quantization.shapes import Shapes
from suite.quantization.steps.channels import by_channel
from suite.quantization.steps.layers import Factors, is_scaling
from suite.quantization.steps.net import Net


def slopes_of(net: Net, node: onnx.NodeProto, shapes: Shapes) -> Factors | None:
    """The slope of each channel of a PReLU: float64 [c]; None where it has others, or none known.

    ONNX broadcasts a slope from the last axis on, so that [c, 1, 1] is one for each channel.
    """
    shape = shapes.get(node.input[0])
    slope = net.weight(node.input[1]) if node.op_type == "PRelu" else None
    if slope is None or shape is None or len(shape) < 2:
        return None
    if slope.size == 1:
        return np.full(shape[1], float(slope.reshape(-1)[0]))
    values = by_channel(slope, shape)
    if values is None or values.size != shape[1]:
        return None
    return values.astype(np.float64).reshape(-1)


def scaled(
    net: Net, given: str, made: str, factors: Factors, kind: np.dtype[np.generic]
) -> onnx.NodeProto:
    """A depthwise Conv of one pixel that multiplies each channel by its factor.

    Parameters
    ----------
    factors : float64 [c]
    kind : of the weights that the network holds
    """
    weight = factors.astype(kind).reshape(-1, 1, 1, 1)
    held = net.add_weight(f"{made}_factor", weight)
    return helper.make_node("Conv", [given, held], [made], group=len(factors), kernel_shape=[1, 1])


def scaled_input(net: Net, node: onnx.NodeProto) -> str | None:
    """The x of a node that computes Max(x, a · x), the product by such a Conv; else None."""
    if node.op_type != "Max" or len(node.input) != 2:
        return None
    for given, lower in (tuple(node.input), tuple(reversed(node.input))):
        product = net.writer(lower)
        if product is not None and is_scaling(net, product) and product.input[0] == given:
            return str(given)
    return None
