"""Mistakes in the weights of the FP32 file, of which the artifact is built anew."""

from collections.abc import Callable

import numpy as np
import onnx

from suite.quantization.steps.net import Net, attributes
from tests.mutations.mutation import Change, NotThereError, Side, mutation

DENSE = ("Conv", "Gemm", "MatMul")


def dense_layers(net: Net) -> list[onnx.NodeProto]:
    """The layers whose float weights the graph holds, in its order."""
    found = [node for node in net.nodes if node.op_type in DENSE and node.input[1] in net.weights]
    if not found:
        raise NotThereError("no layer with weights of its own")
    return found


def of_type(net: Net, op_type: str) -> list[onnx.NodeProto]:
    """The nodes of a type; there is one."""
    found = [node for node in net.nodes if node.op_type == op_type]
    if not found:
        raise NotThereError(op_type)
    return found


def _every_weight(how: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Change:
    def source(net: Net) -> None:
        rng = np.random.default_rng(0)
        for node in dense_layers(net):
            held = net.weights[node.input[1]]
            net.change_weight(node, 1, how(held, rng).astype(held.dtype))

    return Change(source=source)


def _one_weight(how: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Change:
    def source(net: Net) -> None:
        layers = dense_layers(net)
        node = layers[len(layers) // 2]
        held = net.weights[node.input[1]]
        changed = how(held, np.random.default_rng(0))
        net.change_weight(node, 1, changed.astype(held.dtype))

    return Change(source=source)


def _noised(share: float) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    return lambda held, rng: held + rng.normal(0, share * held.std(), held.shape)


@mutation("every layer noised", Side.BOTH, {"0.5 %": 0.005, "2 %": 0.02, "10 %": 0.1, "30 %": 0.3})
def every_layer_noised(share: float) -> Change:
    return _every_weight(_noised(share))


@mutation("one layer noised in FP32", Side.BOTH, {"5 %": 0.05, "20 %": 0.2, "60 %": 0.6})
def one_layer_noised(share: float) -> Change:
    return _one_weight(_noised(share))


@mutation("EMA weights for the trained ones", Side.BOTH, {"0.1 %": 0.001, "1 %": 0.01, "5 %": 0.05})
def ema(share: float) -> Change:
    # The average lags behind: each weight a little towards where training came from.
    def lagging(held: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        start = rng.normal(0, held.std(), held.shape)
        return (1 - share) * held + share * start

    return _every_weight(lagging)


@mutation("one layer zeroed", Side.BOTH)
def one_layer_zeroed() -> Change:
    return _one_weight(lambda held, _: np.zeros_like(held))


@mutation("one layer's outputs shuffled", Side.BOTH)
def one_layer_shuffled() -> Change:
    return _one_weight(lambda held, rng: rng.permutation(held, axis=0))


@mutation("a dead channel in FP32", Side.BOTH, {"one": 1, "a tenth": 10})
def dead_channel(percent: int) -> Change:
    def dead(held: np.ndarray, _: np.random.Generator) -> np.ndarray:
        less = held.copy()
        less[: max(1, len(held) * percent // 100)] = 0
        return less

    return _one_weight(dead)


@mutation("small weights pruned", Side.BOTH, {"10 %": 0.1, "30 %": 0.3, "60 %": 0.6})
def pruned(share: float) -> Change:
    def less(held: np.ndarray, _: np.random.Generator) -> np.ndarray:
        return np.where(np.abs(held) < np.quantile(np.abs(held), share), 0, held)

    return _every_weight(less)


@mutation("large weights clipped", Side.BOTH, {"1 %": 0.99, "10 %": 0.9})
def clipped(kept: float) -> Change:
    def clip(held: np.ndarray, _: np.random.Generator) -> np.ndarray:
        most = np.quantile(np.abs(held), kept)
        return np.clip(held, -most, most)

    return _every_weight(clip)


@mutation("weights through bfloat16", Side.BOTH)
def bfloat16() -> Change:
    def rounded(held: np.ndarray, _: np.random.Generator) -> np.ndarray:
        bits = np.ascontiguousarray(held, np.float32).view(np.uint32)
        return ((bits + 0x8000) & np.uint32(0xFFFF0000)).view(np.float32)

    return _every_weight(rounded)


@mutation(
    "weights through float16", Side.BOTH, benign="a checkpoint kept in half precision, as many are"
)
def float16() -> Change:
    return _every_weight(lambda held, _: held.astype(np.float16))


@mutation("biases dropped in FP32", Side.BOTH)
def biases_dropped() -> Change:
    def source(net: Net) -> None:
        layers = [node for node in dense_layers(net) if len(node.input) > 2]
        if not layers:
            raise NotThereError("no bias")
        for node in layers:
            del node.input[2]

    return Change(source=source)


def _batch_norm(at: int, how: Callable[[np.ndarray], np.ndarray]) -> Change:
    def source(net: Net) -> None:
        for node in of_type(net, "BatchNormalization"):
            held = net.weights[node.input[at]]
            net.change_weight(node, at, how(held).astype(held.dtype))

    return Change(source=source)


@mutation("BatchNorm's mean forgotten", Side.BOTH)
def no_running_mean() -> Change:
    return _batch_norm(3, np.zeros_like)


@mutation("BatchNorm's variance forgotten", Side.BOTH)
def no_running_variance() -> Change:
    return _batch_norm(4, np.ones_like)


@mutation("BatchNorm's epsilon another", Side.BOTH, {"1e-3": 1e-3, "1e-1": 1e-1})
def other_epsilon(epsilon: float) -> Change:
    def source(net: Net) -> None:
        for node in of_type(net, "BatchNormalization"):
            kept = [each for each in node.attribute if each.name != "epsilon"]
            del node.attribute[:]
            node.attribute.extend([*kept, onnx.helper.make_attribute("epsilon", epsilon)])

    return Change(source=source)


@mutation("BatchNorm folded across padding", Side.BOTH)
def folded_across_padding() -> Change:
    """Before a Conv with padding its shift becomes a bias, which the border does not have."""

    def source(net: Net) -> None:
        for node in of_type(net, "BatchNormalization"):
            after = net.only_reader(node.output[0])
            if after is None or after.op_type != "Conv" or not any(_pads(after)):
                continue
            scale, shift, mean, variance = (net.weights[n].astype(float) for n in node.input[1:])
            gain = scale / np.sqrt(variance + float(attributes(node).get("epsilon", 1e-5)))  # type: ignore[arg-type]
            rest = shift - mean * gain
            kernel = net.weights[after.input[1]].astype(float)
            if kernel.shape[1] != len(gain):
                continue
            extra = np.einsum("oihw,i->o", kernel, rest)
            bias = net.weights[after.input[2]] if len(after.input) > 2 else np.zeros(len(kernel))
            net.change_weight(after, 1, (kernel * gain[:, None, None]).astype(np.float32))
            named = net.add_weight("folded_bias", (bias + extra).astype(np.float32))
            del after.input[2:]
            after.input.append(named)
            net.bypass(node)
            return
        raise NotThereError("a BatchNormalization before a Conv with padding")

    return Change(source=source)


def _pads(node: onnx.NodeProto) -> list[int]:
    found = attributes(node).get("pads", ())
    assert isinstance(found, list | tuple)
    return [int(each) for each in found]
