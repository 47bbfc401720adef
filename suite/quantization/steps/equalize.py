"""Equalizing: channels of one tensor scaled until they use its range alike, exact in FP32."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import onnx

from suite.quantization.shapes import Shapes
from suite.quantization.steps.channels import Channels, Layout, Scales, bounds, by_channel
from suite.quantization.steps.layers import (
    DENSE,
    groups_of,
    rows_of,
    scale_inputs,
    scale_outputs,
    times,
)
from suite.quantization.steps.net import Net
from suite.quantization.steps.step import Rewritten

ALPHA = 0.5
# What a channel counts at least, as a share of the largest of its kind, and the most that one is
# scaled: dead channels and outliers would else take scales that no weight can carry.
_LEAST = 1e-4
_MOST = 64.0


def equalized_tensors(net: Net, shapes: Shapes) -> list[str]:
    """The tensors of whose channels `equalize` has to know how large they become.

    One that only a Relu reads is not among them: it is quantized after that.
    """
    channels = Channels(net, shapes)
    found = []
    for name, layout in channels.layouts.items():
        free = any(not segment.group.root().frozen for segment in layout)
        spread = any(segment.repeat > 1 for segment in layout) or len(layout) > 1
        reader = net.only_reader(name)
        if free and not spread and not (reader is not None and reader.op_type == "Relu"):
            found.append(name)
    return found


def equalize(
    net: Net, shapes: Shapes, peaks: Mapping[str, npt.NDArray[np.floating]], alpha: float = ALPHA
) -> Rewritten:
    """Scale the channels of tensors so that quantizing each tensor by one scale costs less.

    A channel c that becomes R_c large, and whose weights in the layers that read it are M_c large,
    is scaled by s_c = M_c^(1 − alpha) / R_c^alpha: its writers by s_c, its readers by 1 / s_c. The
    scales of a tensor have a geometric mean of 1 and lie within 1/64 … 64. (Powers of two would
    leave every bit of FP32 as it was, and cost a tenth of what equalizing gains.)

    M_c is taken of rows divided by their own maximum, since each output channel's weights are
    quantized by a scale of its own. Where only depthwise layers read a channel, their weights do
    not matter, and s_c = 1 / R_c. After Nagel et al. (2019), Data-Free Quantization Through Weight
    Equalization and Bias Correction, and Xiao et al. (2023), SmoothQuant; with the ranges of
    activations in place of those of the writers' weights.

    Parameters
    ----------
    peaks : for each of `equalized_tensors`, the mean over images of the largest absolute value of
        each channel: float [channels]
    alpha : how much the activations count against the weights, 0 … 1
    """
    channels = Channels(net, shapes)
    reached, weighed = _reached(channels, peaks), _weighed(channels)
    scales: dict[int, Scales] = {}
    for group in channels.groups():
        key = id(group)
        if key in reached:
            weights = weighed.get(key, np.zeros(0))
            scales[key] = _scales(reached[key], weights, alpha)
    changed = net.copy()
    for node in changed.nodes:
        _rescale(changed, node, channels, scales)
    return Rewritten(changed, sum(bool(np.any(s != 1)) for s in scales.values()))


def _scales(reached: Scales, weighed: Scales, alpha: float) -> Scales:
    r = _floored(reached)
    raw = 1 / r if not weighed.any() else _floored(weighed) ** (1 - alpha) / r**alpha
    logs = np.log(raw)
    return np.asarray(np.exp(logs - logs.mean()).clip(1 / _MOST, _MOST))


def _floored(values: Scales) -> Scales:
    top = values.max()
    return np.maximum(values, _LEAST * top) if top > 0 else np.ones_like(values)


def _reached(
    channels: Channels, peaks: Mapping[str, npt.NDArray[np.floating]]
) -> dict[int, Scales]:
    """How large each group's channels become: the most over the tensors that it covers alone."""
    found: dict[int, Scales] = {}
    for name, layout in channels.layouts.items():
        if name in peaks and len(layout) == 1 and layout[0].repeat == 1:
            key, peak = id(layout[0].group.root()), np.asarray(peaks[name], np.float64)
            found[key] = np.maximum(found[key], peak) if key in found else peak
    return found


def _weighed(channels: Channels) -> dict[int, Scales]:
    """How large the weights of dense layers are that read each group's channels."""
    found: dict[int, Scales] = {}
    for node in channels.net.nodes:
        if node.op_type not in DENSE or node.input[1] not in channels.net.weights:
            continue
        columns = _columns(channels.net, node)
        if columns is None:
            continue
        for key, values in _by_group(columns, channels.of(node.input[0])):
            found[key] = np.maximum(found[key], values) if key in found else values
    return found


def _by_group(columns: Scales, layout: Layout) -> Iterator[tuple[int, Scales]]:
    for segment, part in bounds(layout):
        root = segment.group.root()
        # What reads a frozen group need not be a layer that its channels fit.
        if not root.frozen:
            yield id(root), columns[part].reshape(-1, segment.repeat).max(axis=1)


def _columns(net: Net, node: onnx.NodeProto) -> Scales | None:
    """The largest weight of each input channel, of rows divided by their own; None if depthwise."""
    weight, groups = np.abs(rows_of(net, node).astype(np.float64)), groups_of(node)
    if node.op_type == "Conv" and weight.shape[1] == 1 and groups > 1:
        return None
    flat = weight.reshape(*weight.shape[:2], -1).max(axis=2)
    top = flat.max(axis=1, keepdims=True)
    relative = np.divide(flat, top, out=np.zeros_like(flat), where=top > 0)
    per_group = relative.reshape(groups, -1, flat.shape[1])
    return np.asarray(per_group.max(axis=1).reshape(-1))


def _rescale(
    net: Net, node: onnx.NodeProto, channels: Channels, scales: Mapping[int, Scales]
) -> None:
    if node.op_type == "Add":
        _rescale_constant(net, node, channels, scales)
        return
    if node.op_type not in DENSE or node.input[1] not in net.weights:
        return
    before = channels.spread(node.input[0], scales)
    after = channels.spread(node.output[0], scales)
    if np.all(before == 1) and np.all(after == 1):
        return
    scale_outputs(net, node, after)
    scale_inputs(net, node, 1 / before)


def _rescale_constant(
    net: Net, node: onnx.NodeProto, channels: Channels, scales: Mapping[int, Scales]
) -> None:
    held = [name for name in node.input if name in net.weights]
    shape = channels.shapes.get(node.output[0])
    if len(held) != 1 or shape is None:
        return
    constant = net.weights[held[0]]
    after = channels.spread(node.output[0], scales)
    values = by_channel(constant, shape)
    if values is not None and np.any(after != 1):
        spread = after.reshape(-1, *[1] * (values.ndim - 1))
        net.weights[held[0]] = times(values, spread).reshape(constant.shape)
