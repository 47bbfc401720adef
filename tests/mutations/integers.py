"""Mistakes in the integers of an artifact in QDQ form: weights and biases."""

from collections.abc import Callable

import numpy as np

from suite.quantization.steps.net import Net
from tests.mutations.mutation import Change, NotThereError, Side, mutation
from tests.mutations.quantized import Layer, integers_of, layers_of, put


def _weights(how: Callable[[np.ndarray], np.ndarray], chosen: Callable[[list[Layer]], list[Layer]]):
    def network(net: Net) -> None:
        for layer in chosen(layers_of(net)):
            put(net, layer.weights, 0, lambda held: integers_of(held, how(held)))

    return Change(network=network)


def _all(layers: list[Layer]) -> list[Layer]:
    return layers


def _the_middle(layers: list[Layer]) -> list[Layer]:
    return [layers[len(layers) // 2]]


def _noise(share: float) -> Callable[[np.ndarray], np.ndarray]:
    def noised(held: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(0)
        return held + rng.normal(0, share * np.abs(held.astype(float)).max(), held.shape)

    return noised


@mutation("one layer's weights noised", Side.INT8, {"1 %": 0.01, "5 %": 0.05, "20 %": 0.2})
def one_layer_noised(share: float) -> Change:
    return _weights(_noise(share), _the_middle)


@mutation("all layers' weights noised", Side.INT8, {"1 %": 0.01, "5 %": 0.05})
def all_layers_noised(share: float) -> Change:
    return _weights(_noise(share), _all)


def _fewer_bits(bits: int) -> Callable[[np.ndarray], np.ndarray]:
    step = 2 ** (8 - bits)
    return lambda held: np.rint(held.astype(float) / step) * step


@mutation("weights of fewer bits", Side.INT8, {"7": 7, "6": 6, "4": 4})
def fewer_bits(bits: int) -> Change:
    return _weights(_fewer_bits(bits), _all)


@mutation("one layer's weights of fewer bits", Side.INT8, {"6": 6, "4": 4, "2": 2})
def one_of_fewer_bits(bits: int) -> Change:
    return _weights(_fewer_bits(bits), _the_middle)


@mutation("weights clipped in integers", Side.INT8, {"at 100": 100, "at 64": 64})
def clipped(most: int) -> Change:
    return _weights(lambda held: np.clip(held, -most, most), _all)


@mutation("a dead channel", Side.INT8, {"one": 1, "four": 4, "a quarter": 0})
def dead_channel(count: int) -> Change:
    def dead(held: np.ndarray) -> np.ndarray:
        less = held.copy()
        less[: count or len(held) // 4] = 0
        return less

    return _weights(dead, _the_middle)


@mutation("a layer's input channels shuffled", Side.INT8)
def inputs_shuffled() -> Change:
    def network(net: Net) -> None:
        for layer in layers_of(net):
            held = net.weights[layer.weights.input[0]]
            if held.shape[1] > 3:  # the image has three, and a depthwise Conv one
                order = np.random.default_rng(0).permutation(held.shape[1])
                net.change_weight(layer.weights, 0, held[:, order])
                return
        raise NotThereError("a layer of several inputs")

    return Change(network=network)


@mutation("a bit flipped in the weights", Side.INT8, {"one layer, 1 in 1000": 1000, "1 in 50": 50})
def bits_flipped(one_in: int) -> Change:
    def flipped(held: np.ndarray) -> np.ndarray:
        raw = held.astype(np.int8).view(np.uint8).copy()
        raw.reshape(-1)[::one_in] ^= np.uint8(0x40)
        return raw.view(np.int8).astype(int)

    return _weights(flipped, _the_middle)


def _biases(how: Callable[[np.ndarray], np.ndarray], chosen: Callable[[list[Layer]], list[Layer]]):
    def network(net: Net) -> None:
        layers = [layer for layer in layers_of(net) if len(layer.node.input) > 2]
        if not layers:
            raise NotThereError("a bias")
        for layer in chosen(layers):
            restored = net.writer(layer.node.input[2])
            if restored is None:
                put(net, layer.node, 2, how)
            else:
                put(net, restored, 0, lambda held: integers_of(held, how(held.astype(float))))

    return Change(network=network)


@mutation("one layer's bias dropped", Side.INT8)
def one_bias_dropped() -> Change:
    return _biases(np.zeros_like, _the_middle)


@mutation("every bias dropped", Side.INT8)
def biases_dropped() -> Change:
    return _biases(np.zeros_like, _all)


@mutation("bias overflow, wrapped at 16 bits", Side.INT8)
def bias_overflow() -> Change:
    return _biases(lambda held: (held.astype(np.int64) + 2**15) % 2**16 - 2**15, _all)


@mutation("bias overflow, wrapped in one layer", Side.INT8, {"at 10 bits": 10, "at 8 bits": 8})
def bias_wrapped(bits: int) -> Change:
    half = 2 ** (bits - 1)
    return _biases(lambda held: (held.astype(np.int64) + half) % (2 * half) - half, _the_middle)


@mutation("bias by the scale of another layer", Side.INT8, {"x1.5": 1.5, "x4": 4.0})
def bias_scaled(factor: float) -> Change:
    return _biases(lambda held: held * factor, _the_middle)
