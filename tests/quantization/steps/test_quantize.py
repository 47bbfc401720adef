"""Networks in QDQ form: what onnxruntime makes of them, and how near FP32 they stay."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from suite.catalog.errors import ArtifactError
from suite.quantization.ranges.range import Range
from suite.quantization.steps.net import Net
from suite.quantization.steps.plan import quantized_tensors
from suite.quantization.steps.quantize import quantize
from tests.support.qdq_net import (
    EXACT_LEVELS,
    Made,
    images,
    kernels,
    optimised,
    quantized,
    ranges_of,
    run,
    shapes_of,
)

HEAD = {"QLinearGlobalAveragePool": 1, "Flatten": 1, "QGemm": 1, "QuantizeLinear": 1}


def stem(made: Made) -> str:
    """A Conv and its Relu, in integers."""
    return made.op("Relu", [made.conv("x", "c")], "r")


def rounded(x: np.ndarray, scale: float, zero: int) -> np.ndarray:
    """QuantizeLinear and DequantizeLinear, as ONNX words them."""
    return (np.clip(np.rint(x / np.float32(scale)) + zero, 0, 255) - zero) * np.float32(scale)


def test_a_network_worked_by_hand() -> None:
    """Two layers whose every number is quantized here again, in numpy."""
    made = Made((2, 1, 1))
    made.held("w", [[[[1.27]], [[-0.5]]], [[[0.3]], [[0.64]]]])
    made.held("b", [0.1, -0.2])
    made.op("Conv", ["x", "w", "b"], "c")
    made.op("Relu", ["c"], "r")
    made.op("Flatten", ["r"], "f")
    made.held("v", [[0.5, -1.27]])
    made.gemm("f", "y", 2, 1)
    made.held("y_w", [[0.5, -1.27]])
    made.held("y_b", [0.3])
    net = made.net()
    ranges = {"x": Range(-1.28, 1.27), "r": Range(0, 2.55)}
    assert quantized_tensors(net, shapes_of(net)) == ["x", "r"]
    given = quantize(net, shapes_of(net), ranges)
    # Scales of the rows: 1.27 / 127 and 0.64 / 127.
    weights = np.array([[1.27, -0.5], [60 * 0.64 / 127, 0.64]])
    for x in images(net, 8):
        read = rounded(x, 0.01, 128).reshape(2)
        inner = rounded(np.maximum(weights @ read + [0.1, -0.2], 0), 0.01, 0)
        expected = inner @ [0.5, -1.27] + 0.3
        for level in EXACT_LEVELS:
            assert run(given, x, level)[0].item() == pytest.approx(expected, abs=1e-4)


def twice(made: Made, read: str) -> str:
    return made.op("Add", [read, read], "t")


def gated(made: Made, read: str) -> str:
    gate = made.op("Sigmoid", [made.op("GlobalAveragePool", [read], "g")], "s")
    return made.op("Mul", [read, gate], "t")


def split(made: Made, read: str) -> str:
    made.nodes.append(helper.make_node("Split", [read], ["s1", "s2"], axis=1))
    return made.op("Concat", ["s2", "s1"], "t", axis=1)


def sized(op_type: str, *rest: list[int], **said: object) -> Callable[[Made, str], str]:
    def add(made: Made, read: str) -> str:
        held = [made.held(f"held{i}", value, np.int64) for i, value in enumerate(rest)]
        return made.op(op_type, [read, *held], "t", **said)

    return add


def beside(op_type: str, *shape: int) -> Callable[[Made, str], str]:
    return lambda made, read: made.op(op_type, [read, made.random("k", *shape)], "t")


def clip(low: float, high: float) -> Callable[[Made, str], str]:
    def add(made: Made, read: str) -> str:
        ends = [made.held("low", low), made.held("high", high)]
        return made.op("Clip", [made.conv(read, "k"), *ends], "t")

    return add


def resized(made: Made, read: str) -> str:
    return made.op("Resize", [read, "", made.held("z", [1, 1, 2, 2])], "t", mode="nearest")


IN_INTEGERS: dict[str, tuple[Callable[[Made, str], str], dict[str, int]]] = {
    "add": (twice, {"QLinearAdd": 1}),
    "add a constant": (beside("Add", 1, 8, 1, 1), {"QLinearAdd": 1}),
    "multiply by a number": (beside("Mul"), {"QLinearMul": 1}),
    "gate": (gated, {"QLinearMul": 1, "QLinearSigmoid": 1, "QLinearGlobalAveragePool": 1}),
    "leaky relu": (sized("LeakyRelu", alpha=0.2), {"QLinearLeakyRelu": 1}),
    "average": (sized("AveragePool", kernel_shape=[2, 2]), {"QLinearAveragePool": 1}),
    "largest": (sized("MaxPool", kernel_shape=[2, 2]), {"NhwcMaxPool": 1}),
    "split and concat": (split, {"Split": 1, "QLinearConcat": 1}),
    "slice": (sized("Slice", [0], [7], [2]), {"Slice": 1}),
    "reshape": (sized("Reshape", [0, 8, 4, 16]), {"Reshape": 1}),
    "pad": (sized("Pad", [0, 0, 1, 1, 0, 0, 1, 1]), {"Pad": 1}),
    "reflect": (sized("Pad", [0, 0, 1, 1, 0, 0, 1, 1], mode="reflect"), {"Pad": 1}),
    "resize": (resized, {"Resize": 1}),
    "depth to space": (sized("DepthToSpace", blocksize=2), {"DepthToSpace": 1}),
    "relu6": (clip(0, 1.5), {"QLinearConv": 1}),
    "clip on both sides": (clip(-0.7, 0.9), {"QLinearConv": 1}),
    "gather": (sized("Gather", [7, 6, 5, 4, 3, 2, 1, 0], axis=1), {"Gather": 1}),
    "tile": (sized("Tile", [1, 1, 2, 1]), {"Tile": 1}),
    "transpose": (sized("Transpose", perm=[0, 1, 3, 2]), {}),
}


@pytest.mark.parametrize("between", IN_INTEGERS)
def test_nothing_between_layers_is_left_in_float(between: str) -> None:
    made = Made()
    add, expected = IN_INTEGERS[between]
    read = add(made, stem(made))
    channels = 2 if between == "depth to space" else 8
    made.op("Relu", [made.conv(read, "d", channels)], "e")
    made.head("e")
    net = made.net()
    given = quantized(net)
    found = kernels(given)
    found.subtract({"QLinearConv": 2, **HEAD})
    assert +found == expected
    near(net, given)


def near(net: Net, given: Net, within: float = 0.05) -> None:
    """That outputs are FP32's but for rounding, optimised or not."""
    for x in images(net, 3):
        for level in EXACT_LEVELS:
            for right, found in zip(run(net, x), run(given, x, level), strict=True):
                assert np.abs(found - right).max() <= within * np.abs(right).max()


IN_FLOAT: dict[str, tuple[Callable[[Made, str], str], dict[str, int]]] = {
    "hard swish": (sized("HardSwish"), {"HardSigmoid": 1, "Mul": 1}),
    "prelu": (beside("PRelu", 8, 1, 1), {"PRelu": 1}),
    "linear resize": (
        lambda made, read: made.op(
            "Resize", [read, "", made.held("z", [1, 1, 2, 2])], "t", mode="linear"
        ),
        {"Resize": 1},
    ),
    "pad with ones": (
        lambda made, read: made.op(
            "Pad", [read, made.held("p", [0, 0, 1, 1] * 2, np.int64), made.held("v", 1)], "t"
        ),
        {"Pad": 1},
    ),
    "clip above zero": (clip(0.25, 1), {"Clip": 1, "QLinearConv": 1}),
}


@pytest.mark.parametrize("between", IN_FLOAT)
def test_what_no_kernel_does_in_integers_has_clean_borders(between: str) -> None:
    made = Made()
    add, expected = IN_FLOAT[between]
    made.head(made.conv(add(made, stem(made)), "d"))
    net = made.net()
    given = quantized(net)
    found = kernels(given)
    borders = {"QuantizeLinear": 1, "DequantizeLinear": 1}
    assert found["QLinearConv"] == expected.get("QLinearConv", 0) + 2
    found.subtract({"QLinearConv": 2, **HEAD})
    found.subtract(borders)
    assert +found == expected
    near(net, given)


def test_a_layer_that_only_floats_come_out_of_is_in_integers_too() -> None:
    made = Made()
    made.conv("x", "c")
    made.op("HardSwish", ["c"], "y")
    assert kernels(quantized(made.net()))["QLinearConv"] == 1


def test_the_tail_that_normalises_an_embedding_is_in_float() -> None:
    made = Made()
    made.head(stem(made), made="e")
    made.op("ReduceL2", ["e"], "n", axes=[1])
    made.op("Div", ["e", "n"], "y")
    net = made.net()
    assert quantized_tensors(net, shapes_of(net)) == ["x", "r", "e_pooled"]
    found = kernels(quantized(net))
    assert found == {**HEAD, "QLinearConv": 1, "ReduceL2": 1, "Div": 1}


def test_a_product_and_its_bias_are_no_float_gemm() -> None:
    made = Made((6, 4, 4))
    made.op("Flatten", [made.op("Relu", [made.conv("x", "c", 6, 6)], "r")], "f")
    made.op("MatMul", ["f", made.random("w", 96, 5, scale=0.1)], "m")
    made.op("Add", ["m", made.random("b", 5)], "y")
    given = quantized(made.net())
    assert kernels(given)["QLinearMatMul"] == 1
    near(made.net(), given)


def test_a_product_alone_gives_floats() -> None:
    made = Made((6, 4, 4))
    made.op("Flatten", [made.op("Relu", [made.conv("x", "c", 6, 6)], "r")], "f")
    made.op("MatMul", ["f", made.random("w", 96, 5, scale=0.1)], "y")
    found = kernels(quantized(made.net()))
    assert found == {"QuantizeLinear": 1, "QLinearConv": 1, "Flatten": 1, "MatMulIntegerToFloat": 1}


def residual(made: Made, read: str, name: str) -> str:
    inner = made.op("Relu", [made.conv(read, f"{name}1", kernel=3)], f"{name}2")
    outer = made.conv(inner, f"{name}3", kernel=3, group=8)
    return made.op("Relu", [made.op("Add", [read, outer], f"{name}4")], f"{name}5")


@pytest.mark.parametrize("batch", ["n", 1, 2])
def test_residual_blocks_are_whole_in_integers(batch: int | str) -> None:
    made = Made(batch=batch)
    made.head(residual(made, residual(made, stem(made), "a"), "b"))
    net = made.net()
    given = quantized(net)
    assert kernels(given) == {**HEAD, "QLinearConv": 5, "QLinearAdd": 2}
    near(net, given, 0.1)
    assert [v.type for v in given.inputs] == [v.type for v in net.inputs]


def test_a_relu_beside_other_readers_is_not_absorbed() -> None:
    made = Made()
    made.conv("x", "c")
    made.op("Relu", ["c"], "r")
    made.head(made.conv(made.op("Add", ["c", "r"], "a"), "d"))
    net = made.net()
    assert quantized_tensors(net, shapes_of(net)) == ["x", "c", "r", "a", "d", "y_pooled"]
    given = quantized(net)
    assert kernels(given)["QLinearConv"] == 2
    near(net, given)


def test_several_outputs_and_what_inner_graphs_read() -> None:
    inner = helper.make_graph(
        [helper.make_node("Neg", ["r"], ["inside"])],
        "then",
        [],
        [helper.make_tensor_value_info("inside", TensorProto.FLOAT, None)],
    )
    made = Made()
    stem(made)
    made.head("r")
    yes = made.held("yes", True, np.bool_)
    made.nodes.append(helper.make_node("If", [yes], ["z"], then_branch=inner, else_branch=inner))
    net = made.net("y", "r", "z")
    given = quantized(net)
    assert [value.name for value in given.outputs] == ["y", "r", "z"]
    assert kernels(given)["QLinearConv"] == 1
    near(net, given)


def test_shared_weights_are_right_for_both_that_read_them() -> None:
    made = Made()
    made.op("Relu", [made.conv("x", "c")], "r")
    made.op("Conv", ["r", "c_w", "c_b"], "d")
    made.op("Conv", ["d", "c_w"], "e")
    made.head("e")
    net = made.net()
    given = quantized(net)
    assert kernels(given)["QLinearConv"] == 3
    near(net, given, 0.1)
    held = [w for w in given.weights.values() if w.dtype == np.int8 and w.ndim == 4]
    assert len(held) == 1


def test_the_first_conv_stays_in_float_with_its_activation() -> None:
    made = Made()
    made.conv("x", "c")
    made.op("Conv", ["c", made.random("s", 8, 1, 1, 1)], "scaled", group=8)
    made.op("Relu", ["scaled"], "positive")
    made.op("Add", ["c", "positive"], "prelu")
    made.head(made.conv("prelu", "d"))
    net = made.net()
    assert quantized_tensors(net, shapes_of(net), ["first_conv"]) == ["prelu", "d", "y_pooled"]
    given = quantized(net, keep_float=["first_conv"])
    near(net, given)
    assert [n.op_type for n in given.nodes[:5]] == ["Conv", "Conv", "Relu", "Add", "QuantizeLinear"]
    assert kernels(given)["QLinearConv"] == 1


def test_named_nodes_stay_in_float() -> None:
    made = Made()
    made.head(residual(made, stem(made), "a"))
    net = made.net()
    given = quantized(net, keep_float=["a3!"])
    # onnxruntime would quantize that Conv itself, with one scale for all its weights.
    found = kernels(given)
    assert (found["QLinearConv"], found["Conv"]) == (2, 1)
    near(net, given, 0.1)
    # Here with a Relu behind it, which it would leave in float with rounded weights.
    found = kernels(quantized(net, keep_float=["a1!"]))
    assert (found["QLinearConv"], found["Conv"], found["DequantizeLinear"]) == (2, 1, 1)
    with pytest.raises(ArtifactError, match="names 'q', and the prepared network has no such node"):
        quantized(net, keep_float=["q"])


def test_what_moves_values_keeps_their_scale() -> None:
    made = Made()
    made.op("MaxPool", [stem(made)], "p", kernel_shape=[2, 2])
    made.op("Flatten", ["p"], "f")
    made.gemm("f", "y", 8 * 7 * 7)
    net = made.net()
    assert quantized_tensors(net, shapes_of(net)) == ["x", "r"]
    given = quantized(net)
    rounding = [n for n in given.nodes if n.op_type == "QuantizeLinear"]
    assert len(rounding) == 4
    assert len({tuple(n.input[1:]) for n in rounding}) == 2


def test_scales_are_scalars_and_axes_those_of_the_output_channels() -> None:
    made = Made((8, 4, 4))
    made.op("Relu", [made.conv("x", "c", 8, 6, 3, group=2)], "r")
    made.op(
        "ConvTranspose", ["r", made.random("u", 6, 4, 2, 2), made.random("ub", 8)], "t", group=2
    )
    made.op("Flatten", ["t"], "f")
    made.op("Gemm", ["f", made.random("v", 8 * 25, 7, scale=0.1), made.held("vb", 0.5)], "h")
    made.op("Relu", ["h"], "hr")
    made.op("MatMul", ["hr", made.random("m", 7, 5)], "y")
    net = made.net()
    given = quantized(net)
    axes = {"c": 0, "t": 1, "h": 1, "y": 1}
    near(net, given, 0.1)
    made_by = {name: node for node in given.nodes for name in node.output}
    for name, axis in axes.items():
        restored = made_by[made_by[name].input[1]]
        weights, scales = (given.weights[i] for i in restored.input[:2])
        assert [a.i for a in restored.attribute if a.name == "axis"] == [axis]
        assert scales.shape == (weights.shape[axis],)
        assert weights.dtype == np.int8
    for node in given.nodes:
        if node.op_type == "QuantizeLinear":
            assert given.weights[node.input[1]].shape == given.weights[node.input[2]].shape == ()
            assert given.weights[node.input[2]].dtype == np.uint8


def test_seven_bits_are_asked_for() -> None:
    made = Made()
    made.head(stem(made))
    net = made.net()
    given = quantized(net, reduce_range=True)
    held = [w for w in given.weights.values() if w.dtype == np.int8 and w.ndim > 1]
    assert [int(np.abs(w.astype(int)).max()) for w in held] == [64, 64]
    near(net, given)


@pytest.mark.parametrize("scale", [1e-8, 0.0])
def test_a_dead_channel_keeps_its_bias(scale: float) -> None:
    made = Made()
    made.conv("x", "c")
    made.weights["c_w"][3] *= scale
    made.weights["c_b"][3] = 0.9
    made.head(made.op("Relu", ["c"], "r"))
    net = made.net()
    near(net, quantized(net))


def test_what_it_is_given_stays_as_it_was() -> None:
    made = Made()
    made.head(stem(made))
    net = made.net()
    before = net.model().SerializeToString()
    quantized(net)
    assert net.model().SerializeToString() == before


def test_weights_that_are_no_float32_constants_are_left_alone() -> None:
    made = Made()
    made.random("w", 8, 8, 1, 1)
    made.op("Abs", ["w"], "computed")
    made.op("Conv", ["x", "computed"], "c")
    made.head(made.conv("c", "d"))
    given = quantized(made.net())
    assert {n.op_type for n in given.nodes if "computed" in n.input} == {"Conv"}
    assert "c" in quantized_tensors(made.net(), {})


def test_an_opset_without_scales_per_channel_is_refused() -> None:
    made = Made()
    made.conv("x", "y")
    with pytest.raises(ArtifactError, match="opset 12 has no scales per channel"):
        quantized(made.net(opset=12))


def test_every_tensor_is_rounded_once() -> None:
    made = Made()
    made.head(residual(made, stem(made), "a"))
    given = quantized(made.net())
    rounding = [n for n in given.nodes if n.op_type == "QuantizeLinear"]
    assert len({n.input[0] for n in rounding}) == len(rounding) == 7
    names = [n.name for n in given.nodes]
    assert len(set(names)) == len(names)


def test_without_a_range_nothing_is_guessed() -> None:
    made = Made()
    made.head(stem(made))
    net = made.net()
    xs = images(net)
    ranges = ranges_of(net, quantized_tensors(net, shapes_of(net)), xs)
    del ranges["r"]
    with pytest.raises(KeyError, match="r"):
        quantize(net, shapes_of(net), ranges)


def test_the_optimised_graph_has_two_transposes_of_layout() -> None:
    made = Made()
    made.head(residual(made, stem(made), "a"))
    ops = [node.op_type for node in optimised(quantized(made.net())).graph.node]
    assert ops.count("Transpose") == 2
    assert isinstance(optimised(quantized(made.net())), onnx.ModelProto)
