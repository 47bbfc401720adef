"""Correcting biases: what quantizing adds to a layer's output on average is taken off again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

from suite.quantization.steps.net import Array, Net
from suite.quantization.steps.step import Rewritten

# Of fewer images the mean error is chance: with eight, two networks of fifty layers became worse.
FEWEST_IMAGES = 32
_LAYERS = ("Conv", "Gemm")
_INT32 = np.iinfo(np.int32)
Feeds = Callable[[], Iterable[dict[str, npt.NDArray[np.generic]]]]


@dataclass(frozen=True)
class _Layer:
    """A layer in 8 bits: its node, and what dequantizes its input, its weights and its bias."""

    node: onnx.NodeProto
    given: onnx.NodeProto
    weight: onnx.NodeProto
    bias: onnx.NodeProto


def correct_bias(net: Net, reference: Net, feeds: Feeds, work: Path) -> Rewritten:
    """Move the bias of each quantized layer by the mean error of its output.

    The error is that of the layer alone: its input rounded, its weights rounded, the rest in FP32,
    so that one pass over the images serves all layers; corrected layers leave no mean error for
    those behind them. After Nagel et al. (2019), Data-Free Quantization Through Weight
    Equalization and Bias Correction, section 4.2, with images in place of assumed distributions.

    Parameters
    ----------
    net : the quantized network
    reference : the network that was quantized, with the same names
    feeds : batches of images by input name, as often as it is asked; of fewer than
        `FEWEST_IMAGES` images nothing is corrected
    work : a folder for a scratch file
    """
    layers = list(_layers(net, reference))
    if not layers:
        return Rewritten(net, 0)
    twin, errors = _with_errors(reference, net, layers)
    path = work / "errors.onnx"
    twin.save(path)
    means, images = _means(path, list(errors.values()), feeds())
    path.unlink()
    if images < FEWEST_IMAGES:
        return Rewritten(net, 0)
    changed = net.copy()
    moved = sum(_move(changed, layer, means[errors[layer.node.output[0]]]) for layer in layers)
    return Rewritten(changed, moved)


def _layers(net: Net, reference: Net) -> Iterator[_Layer]:
    """The layers in 8 bits that have a bias to move, in the order of the graph."""
    made = {name: node for node in net.nodes for name in node.output}
    for node in net.nodes:
        if node.op_type not in _LAYERS or len(node.input) < 3:
            continue
        parts = [made.get(name) for name in node.input]
        held = [part for part in parts if part is not None and part.op_type == "DequantizeLinear"]
        twin = reference.writer(node.output[0])
        if len(held) == 3 and twin is not None and twin.op_type == node.op_type:
            layer = _Layer(node, *held)
            if layer.weight.input[0] in net.weights and layer.bias.input[0] in net.weights:
                yield layer


def _with_errors(reference: Net, net: Net, layers: list[_Layer]) -> tuple[Net, Mapping[str, str]]:
    """The reference with the mean error of each layer as an output, by the layer's output."""
    twin = reference.copy()
    del twin.outputs[:]
    errors: dict[str, str] = {}
    for layer in layers:
        errors[layer.node.output[0]] = _add_error(twin, reference, net, layer)
    twin.prune()
    return twin, errors


def _add_error(twin: Net, reference: Net, net: Net, layer: _Layer) -> str:
    """Add to a network what a layer's quantized form gives less; the name of its mean."""
    output = layer.node.output[0]
    original = reference.writer(output)
    assert original is not None
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
    path: Path, names: list[str], batches: Iterable[dict[str, Array]]
) -> tuple[dict[str, npt.NDArray[np.float64]], int]:
    """The mean over images of what a network gives, and how many images there were."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    # Optimised, what is rounded on purpose might be fused into kernels that round otherwise.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    sums: dict[str, npt.NDArray[np.float64]] = {}
    images = 0
    for batch in batches:
        rows = session.run(names, batch)
        images += len(rows[0])
        for name, row in zip(names, rows, strict=True):
            total = np.asarray(row, np.float64).sum(axis=0)
            sums[name] = sums[name] + total if name in sums else total
    return {name: total / max(images, 1) for name, total in sums.items()}, images


def _move(net: Net, layer: _Layer, wanted: npt.NDArray[np.float64]) -> bool:
    """Give a layer the bias that it lacks without its own; whether that is another."""
    name = layer.bias.input[0]
    scale = net.weights[layer.bias.input[1]].astype(np.float64)
    steps = np.clip(np.rint(wanted / scale), _INT32.min, _INT32.max).astype(np.int32)
    before = net.weights[name]
    net.weights[name] = steps.reshape(before.shape)
    return not np.array_equal(net.weights[name], before)
