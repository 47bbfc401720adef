"""BatchNormalization folded into the layers around it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper

from suite.quantization.shapes import Shapes
from suite.quantization.steps.layers import (
    Factors,
    inputs_of,
    is_layer,
    outputs_of,
    pads_nothing,
    readers_behind,
    scale_inputs,
    scale_outputs,
    shift_inputs,
)
from suite.quantization.steps.net import Net, attributes
from suite.quantization.steps.step import Rewritten

# A larger factor comes of a variance of nothing, and would cost digits wherever it went.
_LARGEST_FACTOR = 1e4


@dataclass(frozen=True)
class _Affine:
    """What a BatchNormalization does to each channel: x · scale + shift."""

    scale: Factors
    shift: Factors

    def repeated(self, times: int) -> "_Affine":
        """The same for each of so many positions of a channel, as a Flatten lays them out."""
        return _Affine(np.repeat(self.scale, times), np.repeat(self.shift, times))


def fold_batch_norm(net: Net, shapes: Shapes) -> Rewritten:
    """Fold each BatchNormalization into the Conv or Gemm before it, else into those behind it.

    Before it, where that feeds nothing else. Behind it, where all that read it are layers, and no
    border is added to what they read or the shift is zero: the border is zero after normalising.
    What can be folded nowhere becomes a depthwise Conv of one pixel.
    """
    changed = net.copy()
    places = 0
    for node in list(changed.nodes):
        if node.op_type == "BatchNormalization" and node.domain in ("", "ai.onnx"):
            places += _fold(changed, node, shapes)
    return Rewritten(changed, places)


def _fold(net: Net, node: onnx.NodeProto, shapes: Shapes) -> bool:
    affine = _affine_of(net, node)
    if affine is None:
        return False
    return (
        _into_writer(net, node, affine)
        or _into_readers(net, node, affine, shapes)
        or _as_depthwise(net, node, affine, shapes)
    )


def _affine_of(net: Net, node: onnx.NodeProto) -> _Affine | None:
    said = attributes(node)
    values = [net.weight(name) for name in node.input[1:5]]
    if said.get("training_mode") or said.get("spatial", 1) == 0 or len(node.output) > 1:
        return None
    held = [np.asarray(v, np.float64) for v in values if v is not None and v.ndim == 1]
    if len(held) != 4:
        return None
    gamma, beta, mean, variance = held
    epsilon = said.get("epsilon", 1e-5)
    assert isinstance(epsilon, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = gamma / np.sqrt(variance + epsilon)
    if not np.all(np.abs(scale) <= _LARGEST_FACTOR):
        return None
    return _Affine(scale, beta - mean * scale)


def _into_writer(net: Net, node: onnx.NodeProto, affine: _Affine) -> bool:
    writer = net.writer(node.input[0])
    if writer is None or not is_layer(net, writer) or net.only_reader(node.input[0]) is not node:
        return False
    if outputs_of(net, writer) != len(affine.scale):
        return False
    scale_outputs(net, writer, affine.scale, affine.shift)
    writer.output[0] = node.output[0]
    net.replace(node, [])
    return True


def _into_readers(net: Net, node: onnx.NodeProto, affine: _Affine, shapes: Shapes) -> bool:
    given = node.output[0]
    readers = list(readers_behind(net, given))
    if not readers or net.is_output(given):
        return False
    repeats = [_repeat(net, reader, len(affine.scale)) for reader, _ in readers]
    shifted = bool(np.any(affine.shift))
    for (reader, flat), repeat in zip(readers, repeats, strict=True):
        layer = is_layer(net, reader) and repeat > 0 and (flat or repeat == 1)
        once = [*reader.input].count(reader.input[0]) == 1
        if not (layer and once) or (shifted and not pads_nothing(reader)):
            return False
    for (reader, _), repeat in zip(readers, repeats, strict=True):
        spread = affine.repeated(repeat)
        shift_inputs(net, reader, spread.shift)
        scale_inputs(net, reader, spread.scale)
    return net.bypass(node)


def _repeat(net: Net, reader: onnx.NodeProto, channels: int) -> int:
    """How many inputs of a layer each channel becomes; 0 where that is no whole number."""
    if not is_layer(net, reader):
        return 0
    taken = inputs_of(net, reader)
    return taken // channels if taken % channels == 0 else 0


def _as_depthwise(net: Net, node: onnx.NodeProto, affine: _Affine, shapes: Shapes) -> bool:
    shape: Sequence[int] = shapes.get(node.input[0], ())
    if len(shape) != 4:
        return False
    channels, kind = len(affine.scale), net.weights[node.input[1]].dtype
    weight = affine.scale.astype(kind).reshape(channels, 1, 1, 1)
    name = node.output[0]
    held = [
        net.add_weight(f"{name}_scale", weight),
        net.add_weight(f"{name}_shift", affine.shift.astype(kind)),
    ]
    conv = helper.make_node(
        "Conv", [node.input[0], *held], [name], name=node.name, group=channels, kernel_shape=[1, 1]
    )
    net.replace(node, [conv])
    return True
