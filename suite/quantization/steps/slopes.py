"""The slopes of a PReLU, channel by channel."""

import numpy as np
import onnx

from suite.quantization.shapes import Shapes
from suite.quantization.steps.channels import by_channel
from suite.quantization.steps.layers import Factors
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
