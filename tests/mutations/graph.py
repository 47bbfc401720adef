"""Mistakes in how a network is joined: its ops, their attributes and what they read."""

import numpy as np
import onnx

from suite.quantization.steps.net import Net, attributes
from tests.mutations.mutation import Change, NotThereError, Side, mutation
from tests.mutations.quantized import layers_of, put
from tests.mutations.weights import dense_layers, of_type


@mutation("batch statistics in place of the kept ones", Side.BOTH)
def batch_statistics() -> Change:
    def source(net: Net) -> None:
        node = of_type(net, "BatchNormalization")[-1]
        if net.opset >= 18:
            raise NotThereError("axes of ReduceMean are an attribute up to opset 17")
        x, y = node.input[0], node.output[0]
        least = net.add_weight("batch_epsilon", np.float32([1e-5]))
        op = onnx.helper.make_node
        nodes = [
            op("ReduceMean", [x], ["batch_mean"], axes=[0], keepdims=1),
            op("Sub", [x, "batch_mean"], ["batch_centred"]),
            op("Mul", ["batch_centred"] * 2, ["batch_squared"]),
            op("ReduceMean", ["batch_squared"], ["batch_variance"], axes=[0], keepdims=1),
            op("Add", ["batch_variance", least], ["batch_sum"]),
            op("Sqrt", ["batch_sum"], ["batch_std"]),
            op("Div", ["batch_centred", "batch_std"], [y]),
        ]
        net.replace(node, nodes)

    return Change(source=source)


@mutation("PReLU taken for ReLU", Side.BOTH)
def relu_for_prelu() -> Change:
    def source(net: Net) -> None:
        for node in of_type(net, "PRelu"):
            node.op_type = "Relu"
            del node.input[1:]

    return Change(source=source)


@mutation("PReLU's slopes averaged", Side.BOTH)
def mean_slopes() -> Change:
    def source(net: Net) -> None:
        for node in of_type(net, "PRelu"):
            held = net.weights[node.input[1]]
            net.change_weight(node, 1, np.full_like(held, held.mean()))

    return Change(source=source)


@mutation("ReLU capped at 6", Side.BOTH)
def relu6() -> Change:
    def source(net: Net) -> None:
        low, high = (net.add_weight(n, np.float32(v)) for n, v in (("low", 0), ("high", 6)))
        for node in of_type(net, "Relu"):
            node.op_type = "Clip"
            node.input.extend([low, high])

    return Change(source=source)


@mutation("average in place of maximum pooling", Side.BOTH)
def other_pooling() -> Change:
    def source(net: Net) -> None:
        for node in of_type(net, "MaxPool"):
            node.op_type = "AveragePool"
            kept = [a for a in node.attribute if a.name in ("kernel_shape", "strides", "pads")]
            del node.attribute[:]
            node.attribute.extend(kept)

    return Change(source=source)


@mutation("a residual connection lost", Side.BOTH)
def residual_lost() -> Change:
    def source(net: Net) -> None:
        nodes = [n for n in of_type(net, "Add") if not set(n.input) & net.weights.keys()]
        if not nodes:
            raise NotThereError("a residual Add")
        node = nodes[len(nodes) // 2]
        zero = net.add_weight("nothing", np.float32(0))
        node.input[1] = zero

    return Change(source=source)


@mutation("Concat's inputs swapped", Side.BOTH)
def concat_swapped() -> Change:
    def source(net: Net) -> None:
        node = of_type(net, "Concat")[-1]
        read = list(node.input)[::-1]
        del node.input[:]
        node.input.extend(read)

    return Change(source=source)


@mutation("an earlier layer taken for the embedding's", Side.BOTH)
def one_layer_early() -> Change:
    def source(net: Net) -> None:
        found = of_type(net, "BatchNormalization")[-1]
        if not net.bypass(found):
            raise NotThereError("a last BatchNormalization")

    return Change(source=source)


@mutation("Dropout active", Side.BOTH, {"0.1 %": 0.001, "10 %": 0.1})
def dropout(ratio: float) -> Change:
    """As an exporter writes it that takes it apart; of the op itself onnxruntime drops nothing."""

    def source(net: Net) -> None:
        node = dense_layers(net)[-1]
        read, named = node.input[0], net.fresh("dropped")
        held = net.add_weight("ratio", np.float32(ratio))
        op = onnx.helper.make_node
        nodes = [
            op("RandomUniformLike", [read], ["chance"], high=1.0, low=0.0),
            op("Greater", ["chance", held], ["kept"]),
            op("Cast", ["kept"], ["mask"], to=onnx.TensorProto.FLOAT),
            op("Mul", [read, "mask"], [named]),
        ]
        at = next(i for i, other in enumerate(net.nodes) if other is node)
        net.nodes[at:at] = nodes
        node.input[0] = named

    return Change(source=source)


@mutation("PReLU's slope lost in a layer", Side.INT8)
def slope_lost() -> Change:
    def network(net: Net) -> None:
        node = of_type(net, "PRelu")[0]
        if node.input[1] in net.weights:
            put(net, node, 1, np.zeros_like)
            return
        restored = net.writer(node.input[1])
        assert restored is not None
        put(net, restored, 0, np.zeros_like)

    return Change(network=network)


@mutation("a residual Add left out of the artifact", Side.INT8)
def residual_bypassed() -> Change:
    def network(net: Net) -> None:
        found = [n for n in of_type(net, "Add") if not set(n.input) & net.weights.keys()]
        if not found:
            raise NotThereError("a residual Add")
        net.bypass(found[len(found) // 2])

    return Change(network=network)


@mutation("padding on one side alone", Side.INT8)
def other_padding() -> Change:
    def network(net: Net) -> None:
        for layer in layers_of(net):
            said = attributes(layer.node).get("pads")
            if isinstance(said, list) and len(set(said)) == 1 and said[0]:
                pads = next(each for each in layer.node.attribute if each.name == "pads")
                pads.ints[:] = [0, 0, 2 * said[0], 2 * said[0]]
                return
        raise NotThereError("a Conv with padding")

    return Change(network=network)


@mutation("scales of a residual's two inputs swapped", Side.INT8)
def residual_scales_swapped() -> Change:
    def network(net: Net) -> None:
        for node in of_type(net, "Add"):
            both = [net.writer(name) for name in node.input]
            if all(each is not None and each.op_type == "DequantizeLinear" for each in both):
                one, other = both
                assert one is not None and other is not None
                if one.input[0] in net.weights or other.input[0] in net.weights:
                    continue
                one.input[1], other.input[1] = other.input[1], one.input[1]
                return
        raise NotThereError("an Add of two quantized inputs")

    return Change(network=network)


@mutation("Concat's inputs by one's scale", Side.INT8)
def concat_scales() -> Change:
    def network(net: Net) -> None:
        node = of_type(net, "Concat")[-1]
        both = [net.writer(name) for name in node.input]
        found = [each for each in both if each is not None and each.op_type == "DequantizeLinear"]
        if len({each.input[1] for each in found}) < 2:
            raise NotThereError("a Concat of inputs with scales of their own")
        for each in found[1:]:
            each.input[1] = found[0].input[1]

    return Change(network=network)
