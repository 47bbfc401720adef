"""Correcting biases: what quantizing adds to a layer's output on average is taken off again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

from suite.quantization.cpu_sessions import open_net, quiet_options
from suite.quantization.ranges.observe import Batch
from suite.quantization.steps.layers import DENSE
from suite.quantization.steps.net import Net
from suite.quantization.steps.slopes import scaled_input
from suite.quantization.steps.step import Rewritten

# Of fewer images the mean error is chance: with eight, two networks of fifty layers became worse.
FEWEST_IMAGES = 32
_INT32 = np.iinfo(np.int32)


@dataclass(frozen=True)
class _Layer:
    """A layer in 8 bits: what it was and is, and what dequantizes its input and its weights."""

    original: onnx.NodeProto
    node: onnx.NodeProto
    given: onnx.NodeProto
    weight: onnx.NodeProto

    def scale(self, net: Net) -> npt.NDArray[np.float32]:
        """What one step of the bias is worth: the scale of the input times those of the weights."""
        steps = [
            net.weights[each.input[1]].astype(np.float32) for each in (self.given, self.weight)
        ]
        return np.asarray(steps[0] * steps[1].reshape(-1), np.float32)


def correct_bias(net: Net, reference: Net, batches: Iterable[Batch], work: Path) -> Rewritten:
    """Move the bias of each quantized layer by the mean error of its output.

    The error is that of the layer alone: its input rounded, its weights rounded, the rest in FP32,
    so that one pass over the images serves all layers; corrected layers leave no mean error for
    those behind them. After Nagel et al. (2019), Data-Free Quantization Through Weight
    Equalization and Bias Correction, section 4.2, with images in place of assumed distributions.

    Parameters
    ----------
    net : the quantized network
    reference : the network that was quantized, with the same names
    batches : of images by input name; of fewer than `FEWEST_IMAGES` nothing is corrected
    work : a folder for a scratch file
    """
    layers = list(_layers(net, reference))
    if not layers:
        return Rewritten(net, 0)
    twin, errors = _with_errors(reference, net, layers)
    options = quiet_options()
    # Optimised, what is rounded on purpose might be fused into kernels that round otherwise.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    means, images = _means(open_net(twin, work, options), errors, batches)
    if images < FEWEST_IMAGES:
        return Rewritten(net, 0)
    changed = net.copy()
    moved = sum(
        _move(changed, layer, means[name]) for layer, name in zip(layers, errors, strict=True)
    )
    return Rewritten(changed, moved)


def _layers(net: Net, reference: Net) -> Iterator[_Layer]:
    """The layers in 8 bits, in the order of the graph.

    Not the a · x of a PReLU, of which only the negative side of x is ever chosen.
    """
    made = {name: node for node in net.nodes for name in node.output}
    originals = [node for node in reference.nodes if node.op_type in DENSE]
    # A quantized network has the same layers in the same order, under whatever names.
    rewritten = [node for node in net.nodes if node.op_type in DENSE]
    for node, original in zip(rewritten, originals, strict=True):
        output = original.output[0]
        if any(_chooses(reference, reader, output) for reader in reference.readers(output)):
            continue
        parts = [made.get(name) for name in node.input]
        held = [part for part in parts if part is not None and part.op_type == "DequantizeLinear"]
        if len(held) == len(node.input) and held[1].input[0] in net.weights:
            yield _Layer(original, node, *held[:2])


def _chooses(net: Net, node: onnx.NodeProto, product: str) -> bool:
    """Whether a node gives the larger of a product and what it is a product of."""
    return scaled_input(net, node) not in (None, product)


def _with_errors(reference: Net, net: Net, layers: list[_Layer]) -> tuple[Net, list[str]]:
    """The reference with the mean error of each layer as an output, and their names."""
    twin = reference.copy()
    twin.outputs = []
    errors = [_add_error(twin, net, layer) for layer in layers]
    twin.prune()
    return twin, errors


def _add_error(twin: Net, net: Net, layer: _Layer) -> str:
    """Add to a network what a layer's quantized form gives less; the name of its mean."""
    original, output = layer.original, layer.original.output[0]
    scale, zero = (
        twin.add_weight(f"{output}_{i}", net.weights[layer.given.input[i]]) for i in (1, 2)
    )
    weight = twin.add_weight(f"{output}_weight", dequantized(net, layer.weight))
    names = [twin.fresh(f"{output}_{part}") for part in ("q", "dq", "rounded", "lost", "error")]
    quantized, restored, rounded, lost, error = names
    layer_twin = onnx.NodeProto()
    layer_twin.CopyFrom(original)
    layer_twin.name = ""
    del layer_twin.input[:], layer_twin.output[:]
    layer_twin.input.extend([restored, weight])
    layer_twin.output.append(rounded)
    twin.nodes += [
        helper.make_node("QuantizeLinear", [original.input[0], scale, zero], [quantized]),
        helper.make_node("DequantizeLinear", [quantized, scale, zero], [restored]),
        layer_twin,
        helper.make_node("Sub", [output, rounded], [lost]),
    ]
    if original.op_type == "Conv":
        rank = net.weights[layer.weight.input[0]].ndim
        axes = list(range(2, rank))
        twin.nodes.append(_mean(twin, lost, error, axes))
    else:
        twin.nodes.append(helper.make_node("Identity", [lost], [error]))
    twin.outputs.append(helper.make_tensor_value_info(error, TensorProto.FLOAT, None))
    return error


def _mean(net: Net, given: str, made: str, axes: list[int]) -> onnx.NodeProto:
    if net.opset < 18:
        return helper.make_node("ReduceMean", [given], [made], axes=axes, keepdims=0)
    held = net.add_weight("mean_axes", np.array(axes, np.int64))
    return helper.make_node("ReduceMean", [given, held], [made], keepdims=0)


def dequantized(net: Net, node: onnx.NodeProto) -> npt.NDArray[np.float32]:
    """The values that a DequantizeLinear makes of constants."""
    values = net.weights[node.input[0]].astype(np.float64)
    scale = net.weights[node.input[1]].astype(np.float64)
    if len(node.input) > 2 and node.input[2]:
        zero = net.weights[node.input[2]].astype(np.float64)
    else:
        zero = np.zeros_like(scale)
    if scale.ndim:
        axis = next((a.i for a in node.attribute if a.name == "axis"), 1) % values.ndim
        shape = [-1 if at == axis else 1 for at in range(values.ndim)]
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    return ((values - zero) * scale).astype(np.float32)


def _means(
    session: ort.InferenceSession, names: list[str], batches: Iterable[Batch]
) -> tuple[dict[str, npt.NDArray[np.float64]], int]:
    """The mean over images of what a network gives, and how many images there were."""
    sums: dict[str, npt.NDArray[np.float64]] = {}
    images = 0
    for batch in batches:
        rows = session.run(names, dict(batch))
        images += len(rows[0])
        for name, row in zip(names, rows, strict=True):
            total = np.asarray(row, np.float64).sum(axis=0)
            sums[name] = sums[name] + total if name in sums else total
    return {name: total / max(images, 1) for name, total in sums.items()}, images


def _move(net: Net, layer: _Layer, wanted: npt.NDArray[np.float64]) -> bool:
    """Give a layer the bias that it lacks without its own; whether that is another."""
    scale = layer.scale(net)
    steps = np.clip(np.rint(wanted / scale.astype(np.float64)), _INT32.min, _INT32.max)
    node = next(node for node in net.nodes if node.output[0] == layer.node.output[0])
    if len(node.input) == 2:
        return bool(np.any(steps)) and _add_bias(net, node, steps.astype(np.int32), scale)
    restore = net.writer(node.input[2])
    assert restore is not None, "a layer in 8 bits has a bias in 32"
    before = net.weights[restore.input[0]]
    net.change_weight(restore, 0, steps.astype(np.int32).reshape(before.shape))
    return not np.array_equal(net.weights[restore.input[0]], before)


def _add_bias(
    net: Net, node: onnx.NodeProto, steps: npt.NDArray[np.int32], scale: npt.NDArray[np.float32]
) -> bool:
    held = [
        net.add_weight(f"{node.output[0]}_bias_{part}", value)
        for part, value in (("quantized", steps), ("scale", scale))
    ]
    held.append(net.add_weight(f"{node.output[0]}_bias_zero_point", np.zeros(len(steps), np.int32)))
    restored = net.fresh(f"{node.output[0]}_bias")
    dequantize = helper.make_node("DequantizeLinear", held, [restored], name=restored, axis=0)
    node.input.append(restored)
    net.replace(node, [dequantize, node])
    return True
