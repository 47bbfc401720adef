"""PReLU written in ops that runtimes run fast, in float and in 8 bits."""

import numpy as np
import onnx
from onnx import helper

from suite.quantization.shapes import Shapes
from suite.quantization.steps.layers import Factors
from suite.quantization.steps.net import Net
from suite.quantization.steps.slopes import scaled, slopes_of
from suite.quantization.steps.step import Rewritten


def expand_prelu(net: Net, shapes: Shapes) -> Rewritten:
    """Write each PReLU with slopes a by channel as x + Relu((a − 1) · x).

    The product is a depthwise Conv of one pixel, which onnxruntime fuses with the Relu and has in
    8 bits, as it has not PReLU. Where x is negative (a − 1) · x is positive for a < 1, and the sum
    is a · x. With slopes above 1 it is x + sign(1 − a) · Relu(−|1 − a| · x), by a second depthwise
    Conv. One slope for all channels makes a LeakyRelu.
    """
    changed = net.copy()
    places = 0
    for node in list(changed.nodes):
        slopes = slopes_of(changed, node, shapes)
        if slopes is None:
            continue
        if np.all(slopes == slopes[0]):
            alpha = float(slopes[0])
            leaky = helper.make_node(
                "LeakyRelu", node.input[:1], node.output, node.name, alpha=alpha
            )
            changed.replace(node, [leaky])
        elif len(shapes[node.input[0]]) == 4:
            changed.replace(node, _expanded(changed, node, slopes))
        else:
            continue
        places += 1
    return Rewritten(changed, places)


def _expanded(net: Net, node: onnx.NodeProto, slopes: Factors) -> list[onnx.NodeProto]:
    given, made = node.input[0], node.output[0]
    kind = net.weights[node.input[1]].dtype
    lower, cut = net.fresh(f"{made}_lower"), net.fresh(f"{made}_cut")
    nodes = [
        scaled(net, given, lower, -np.abs(1 - slopes), kind),
        helper.make_node("Relu", [lower], [cut]),
    ]
    if np.any(slopes > 1):
        signed = net.fresh(f"{made}_signed")
        nodes.append(scaled(net, cut, signed, np.sign(1 - slopes), kind))
        cut = signed
    return [*nodes, helper.make_node("Add", [given, cut], [made], name=node.name)]
