"""A network in QDQ form with one layer broken, as tools and hands break them."""

from collections.abc import Callable, Mapping

import numpy as np
import onnx

from suite.models.arithmetic import DENSE_OPS
from suite.quantization.sensitivity.units import Unit
from suite.quantization.steps.net import Net


def layer_of(net: Net, unit: Unit) -> onnx.NodeProto:
    """The node of a unit's layer in the network in 8 bits."""
    named = next((node for node in net.nodes if node.name == unit.name), None)
    node = named if named is not None else net.writer(unit.tensors[0])
    while node is not None and node.op_type not in DENSE_OPS:
        node = net.writer(node.input[0])
    assert node is not None
    return node


def scale_doubled(net: Net, layer: onnx.NodeProto) -> bool:
    """Its weights stand for twice what they should."""
    weights = _weights(net, layer)
    net.change_weight(weights, 1, net.weights[weights.input[1]] * 2)
    return True


def weights_noised(net: Net, layer: onnx.NodeProto) -> bool:
    """Noise of 5 % of the largest weight on each of them."""
    weights = _weights(net, layer)
    held = net.weights[weights.input[0]].astype(float)
    noise = np.random.default_rng(0).normal(0, 0.05 * np.abs(held).max(), held.shape)
    kind = net.weights[weights.input[0]].dtype
    noised = np.clip(np.rint(held + noise), np.iinfo(kind).min, np.iinfo(kind).max)
    net.change_weight(weights, 0, noised.astype(kind))
    return True


def bias_dropped(net: Net, layer: onnx.NodeProto) -> bool:
    """Without its bias."""
    if len(layer.input) < 3:
        return False
    del layer.input[2]
    return True


def wrong_axis(net: Net, layer: onnx.NodeProto) -> bool:
    """The scales of its outputs on its inputs, where it has as many of either."""
    weights = _weights(net, layer)
    values, scales = (net.weights[name] for name in weights.input[:2])
    said = [attribute for attribute in weights.attribute if attribute.name == "axis"]
    if not said or scales.size < 2:
        return False
    other = 1 if said[0].i == 0 else 0
    if values.ndim <= other or values.shape[other] != scales.size:
        return False
    said[0].i = other
    return True


Break = Callable[[Net, onnx.NodeProto], bool]
BREAKS: Mapping[str, Break] = {
    "a scale doubled": scale_doubled,
    "weights noised": weights_noised,
    "a bias dropped": bias_dropped,
    "a wrong axis": wrong_axis,
}


def broken(net: Net, unit: Unit, how: Break) -> Net | None:
    """The network with a unit's layer broken; None where it has nothing to be broken so."""
    changed = net.copy()
    return changed if how(changed, layer_of(changed, unit)) else None


def _weights(net: Net, layer: onnx.NodeProto) -> onnx.NodeProto:
    """The DequantizeLinear of a layer's weights."""
    found = net.writer(layer.input[1])
    assert found is not None and found.op_type == "DequantizeLinear"
    return found
