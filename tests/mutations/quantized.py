"""Mistakes in an artifact in QDQ form: scales, zero points, rounding, and how it is joined."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import onnx

from suite.quantization.steps.net import Net
from tests.mutations.mutation import Change, NotThereError, Side, mutation
from tests.mutations.weights import DENSE, of_type


@dataclass(frozen=True, eq=False)
class Layer:
    """A quantized layer: its node, and the DequantizeLinear of its weights."""

    node: onnx.NodeProto
    weights: onnx.NodeProto


def layers_of(net: Net) -> list[Layer]:
    """The quantized layers, in the order of the graph; there is one."""
    found = []
    for node in net.nodes:
        if node.op_type in DENSE:
            restored = net.writer(node.input[1])
            if restored is not None and restored.op_type == "DequantizeLinear":
                found.append(Layer(node, restored))
    if not found:
        raise NotThereError("a layer in QDQ form")
    return found


def middle(net: Net) -> Layer:
    """The layer in the middle of the network."""
    layers = layers_of(net)
    return layers[len(layers) // 2]


def activations(net: Net) -> Iterator[onnx.NodeProto]:
    """The QuantizeLinear nodes of what is computed, in order."""
    return (n for n in net.nodes if n.op_type == "QuantizeLinear" and n.input[1] in net.weights)


def put(
    net: Net, node: onnx.NodeProto, place: int, how: Callable[[np.ndarray], np.ndarray]
) -> None:
    held = net.weights[node.input[place]]
    net.change_weight(node, place, np.asarray(how(held), held.dtype))


def integers_of(held: np.ndarray, made: np.ndarray) -> np.ndarray:
    limits = np.iinfo(held.dtype)
    return np.clip(np.rint(made), limits.min, limits.max)


@mutation("every range smaller", Side.INT8, {"x0.95": 0.95, "x0.8": 0.8, "x0.5": 0.5})
def ranges_smaller(factor: float) -> Change:
    return Change(network=_ranges(factor))


@mutation("every range larger than calibrated", Side.INT8, {"x1.2": 1.2, "x2": 2.0, "x4": 4.0})
def ranges_larger(factor: float) -> Change:
    return Change(network=_ranges(factor))


def _ranges(factor: float) -> Callable[[Net], None]:
    def network(net: Net) -> None:
        for name in sorted({node.input[1] for node in activations(net)}):
            rescale(net, name, factor)

    return network


def rescale(net: Net, name: str, factor: float) -> None:
    """Another scale of an activation, and of the biases after it, as a tool would write them.

    A bias is in steps of its layer's scales; where it is not, onnxruntime runs that in float.
    """
    readers = [node for node in net.nodes if name in node.input]
    for restored in readers:
        if restored.op_type != "DequantizeLinear" or restored.input[0] in net.weights:
            continue
        for layer in net.readers(restored.output[0]):
            bias = net.writer(layer.input[2]) if len(layer.input) > 2 else None
            if layer.op_type not in DENSE or layer.input[0] != restored.output[0] or bias is None:
                continue
            put(net, bias, 1, lambda held: held * factor)
            put(net, bias, 0, lambda held: integers_of(held, held / factor))
    net.weights[name] = np.asarray(net.weights[name] * factor, np.float32)


@mutation(
    "one activation's scale wrong where it is restored",
    Side.INT8,
    {"x1.05": 1.05, "x1.2": 1.2, "x2": 2.0},
)
def one_scale(factor: float) -> Change:
    def network(net: Net) -> None:
        found = of_type(net, "DequantizeLinear")
        computed = [n for n in found if n.input[0] not in net.weights]
        put(net, computed[len(computed) // 2], 1, lambda held: held * factor)

    return Change(network=network)


@mutation(
    "one layer's weight scales wrong",
    Side.INT8,
    {"x1.05": 1.05, "x1.3": 1.3, "x2": 2.0, "x0.5": 0.5},
)
def one_weight_scale(factor: float) -> Change:
    def network(net: Net) -> None:
        put(net, middle(net).weights, 1, lambda held: held * factor)

    return Change(network=network)


@mutation("one channel's weight scale wrong", Side.INT8, {"x2": 2.0, "x8": 8.0})
def one_channel_scale(factor: float) -> Change:
    def scaled(held: np.ndarray) -> np.ndarray:
        if held.size < 2:
            raise NotThereError("scales of channels")
        changed = held.copy()
        changed[held.size // 2] *= factor
        return changed

    def network(net: Net) -> None:
        put(net, middle(net).weights, 1, scaled)

    return Change(network=network)


@mutation("scales of weights in another order", Side.INT8)
def scales_rolled() -> Change:
    def network(net: Net) -> None:
        put(net, middle(net).weights, 1, lambda held: np.roll(held, 1))

    return Change(network=network)


@mutation("one scale for all channels", Side.INT8)
def one_for_all() -> Change:
    def network(net: Net) -> None:
        for layer in layers_of(net):
            put(net, layer.weights, 1, lambda held: np.full_like(held, held.mean()))

    return Change(network=network)


@mutation(
    "per-channel scales on the wrong axis",
    Side.INT8,
    harmful="a runtime that takes the axis at its word computes something else",
)
def wrong_axis() -> Change:
    def network(net: Net) -> None:
        for layer in layers_of(net):
            held, scales = (net.weights[name] for name in layer.weights.input[:2])
            said = [each for each in layer.weights.attribute if each.name == "axis"]
            others = [
                axis
                for axis, size in enumerate(held.shape)
                if said and axis != said[0].i and size == scales.size > 1
            ]
            if others:
                said[0].i = others[0]
                return
        raise NotThereError("a layer with as many inputs as outputs")

    return Change(network=network)


@mutation(
    "zero point of one activation off where it is restored", Side.INT8, {"1": 1, "4": 4, "16": 16}
)
def zero_point_of_one(by: int) -> Change:
    def network(net: Net) -> None:
        computed = _restored(net)
        node = computed[len(computed) // 2]
        put(net, node, 2, lambda held: integers_of(held, held.astype(int) + by))

    return Change(network=network)


@mutation("zero points off where they are restored", Side.INT8, {"1": 1, "4": 4})
def zero_point_of_all(by: int) -> Change:
    def network(net: Net) -> None:
        for node in _restored(net):
            put(net, node, 2, lambda held: integers_of(held, held.astype(int) + by))

    return Change(network=network)


def _restored(net: Net) -> list[onnx.NodeProto]:
    found = [n for n in of_type(net, "DequantizeLinear") if n.input[0] not in net.weights]
    if not found or any(len(node.input) < 3 for node in found):
        raise NotThereError("zero points of activations")
    return found


@mutation("ranges without zero", Side.INT8)
def without_zero() -> Change:
    """Scales of max − min where min is above 0: the zero point is cut to 0, and the top is lost."""

    def network(net: Net) -> None:
        names = [
            node.input[1]
            for node in activations(net)
            if net.weights[node.input[2]].dtype == np.uint8 and not net.weights[node.input[2]].any()
        ]
        if not names:
            raise NotThereError("an unsigned activation from 0 on")
        for name in dict.fromkeys(names):
            rescale(net, name, 7 / 8)

    return Change(network=network)


@mutation("an output that saturates", Side.INT8, {"x0.9": 0.9, "x0.7": 0.7, "x0.4": 0.4})
def saturating(factor: float) -> Change:
    """The last range is too small, so that large values are cut."""

    def network(net: Net) -> None:
        nodes = list(activations(net))
        if not nodes:
            raise NotThereError("a quantized output")
        rescale(net, nodes[-1].input[1], factor)

    return Change(network=network)


@mutation("rounding half up", Side.INT8, {"1/128 step": 2**-7, "1/8 step": 2**-3})
def half_up(steps: float) -> Change:
    """A little more before each rounding, as a kernel that adds a half and cuts off."""
    return Change(network=_biased(steps))


@mutation("cut off in place of rounded", Side.INT8)
def cut_off() -> Change:
    return Change(network=_biased(-0.5))


def _biased(steps: float) -> Callable[[Net], None]:
    """Each bias moved by a part of the step in which its layer's output is rounded."""

    def network(net: Net) -> None:
        moved = 0
        for layer in layers_of(net):
            step = _step_after(net, layer.node)
            bias = net.writer(layer.node.input[2]) if len(layer.node.input) > 2 else None
            if step is None or bias is None:
                continue
            by = steps * step / net.weights[bias.input[1]]
            put(net, bias, 0, lambda held, by=by: integers_of(held, held + by))
            moved += 1
        if not moved:
            raise NotThereError("a bias before a rounding")

    return network


def _step_after(net: Net, node: onnx.NodeProto) -> float | None:
    """The scale by which a layer's output is quantized, alone or after a ReLU."""
    for reader in net.readers(node.output[0]):
        if reader.op_type in ("Relu", "Clip"):
            return _step_after(net, reader)
        if reader.op_type == "QuantizeLinear" and reader.input[1] in net.weights:
            return float(net.weights[reader.input[1]])
    return None


@mutation("the input quantized with another mean's range", Side.INT8, {"5 %": 0.05, "20 %": 0.2})
def first_scale(by: float) -> Change:
    def network(net: Net) -> None:
        node = next(activations(net), None)
        if node is None:
            raise NotThereError("a quantized input")
        rescale(net, node.input[1], 1 - by)

    return Change(network=network)
