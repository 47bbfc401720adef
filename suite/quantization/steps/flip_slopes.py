"""PReLU channels with slopes above 1 turned over, so that none has."""

import numpy as np
import onnx

from suite.quantization.shapes import Shapes
from suite.quantization.steps.layers import (
    Factors,
    inputs_of,
    is_layer,
    outputs_of,
    scale_inputs,
    scale_outputs,
)
from suite.quantization.steps.net import Net
from suite.quantization.steps.slopes import slopes_of
from suite.quantization.steps.step import Rewritten


def flip_slopes(net: Net, shapes: Shapes) -> Rewritten:
    """Turn over the channels of each PReLU whose slope a is above 1.

    PReLU_a(−u) = −a · PReLU_1/a(u) for every a > 0. So the layer before gives −u, the slope becomes
    1/a, and those that read it take −a times the channel. That is done where one layer feeds the
    PReLU alone and only layers read it. A slope above 1 would make the negative side of a channel
    decide the range that the positive one shares.
    """
    changed = net.copy()
    places = sum([_flip(changed, node, shapes) for node in list(changed.nodes)])
    return Rewritten(changed, places)


def _flip(net: Net, node: onnx.NodeProto, shapes: Shapes) -> bool:
    slopes = slopes_of(net, node, shapes)
    if slopes is None or not np.any(slopes > 1) or net.is_output(node.output[0]):
        return False
    writer = net.writer(node.input[0])
    if writer is None or not is_layer(net, writer) or net.only_reader(node.input[0]) is not node:
        return False
    readers = net.readers(node.output[0])
    channels = len(slopes)
    fits = all(_reads_once(net, reader, node.output[0], channels) for reader in readers)
    if not readers or not fits or outputs_of(net, writer) != channels:
        return False
    turned = slopes > 1
    scale_outputs(net, writer, np.where(turned, -1.0, 1.0))
    _set_slopes(net, node, np.where(turned, 1 / np.where(turned, slopes, 1), slopes), shapes)
    for reader in readers:
        scale_inputs(net, reader, np.where(turned, -slopes, 1.0))
    return True


def _reads_once(net: Net, reader: onnx.NodeProto, name: str, channels: int) -> bool:
    """Whether a node is a layer that takes a tensor's channels as they are."""
    once = list(reader.input).count(name) == 1 and reader.input[0] == name
    return once and is_layer(net, reader) and inputs_of(net, reader) == channels


def _set_slopes(net: Net, node: onnx.NodeProto, slopes: Factors, shapes: Shapes) -> None:
    kind = net.weights[node.input[1]].dtype
    rank = len(shapes[node.input[0]])
    net.change_weight(node, 1, slopes.astype(kind).reshape(-1, *[1] * (rank - 2)))
