"""PReLU as the larger of x and a · x: exact in float, and one rounding in 8 bits."""

from pathlib import Path

import numpy as np
import pytest

from suite.quantization.islands import float_islands
from suite.quantization.ranges.range import Range
from suite.quantization.steps.correct_bias import FEWEST_IMAGES, correct_bias
from suite.quantization.steps.expand_prelu import expand_prelu
from suite.quantization.steps.net import Net
from suite.quantization.steps.plan import quantized_tensors
from suite.quantization.steps.prelu_as_max import prelu_as_max
from suite.quantization.steps.quantize import quantize
from tests.support.qdq_net import LEVELS, Made, images, kernels, quantized, run, shapes_of
from tests.support.rewritten import ops, rewritten

IMAGE = (3, 2, 4)
SLOPES = (-0.5, 0.25, 1.0)


def prelu(made: Made, given: str, name: str, *slopes: float) -> str:
    held = made.held(f"{name}_a", np.reshape(slopes or SLOPES, (-1, 1, 1)))
    return made.op("PRelu", [given, held], name)


def single(*slopes: float) -> Net:
    made = Made(IMAGE)
    prelu(made, "x", "y", *slopes)
    return made.net()


def network(channels: int = 16) -> Net:
    """Two PReLUs with slopes down to −2 between layers, and a head."""
    made = Made((channels, 6, 6))
    read = "x"
    for name in ("p", "q"):
        slopes = made.rng.uniform(-2, 1, channels)
        read = prelu(made, made.conv(read, f"{name}_c", channels, channels, 3), name, *slopes)
    made.head(made.conv(read, "d", channels, channels), channels)
    return rewritten(prelu_as_max, made.net(), (channels, 6, 6), exact=True)[0]


def test_slopes_up_to_one_are_a_choice() -> None:
    net, places = rewritten(prelu_as_max, single(), IMAGE, exact=True)
    assert (ops(net), places) == (["Conv", "Max"], 1)
    factors = net.weights[net.nodes[0].input[1]]
    np.testing.assert_array_equal(factors.reshape(-1), np.float32(SLOPES))


@pytest.mark.parametrize("slopes", [(0.5, 1.5, 0.25), (0.25, 0.25, 0.25)])
def test_other_slopes_are_left_to_the_next_step(slopes: tuple[float, ...]) -> None:
    net = single(*slopes)
    assert rewritten(prelu_as_max, net, IMAGE, exact=True)[1] == 0
    assert rewritten(expand_prelu, net, IMAGE)[1] == 1


def test_planes_of_fewer_dimensions_stay() -> None:
    made = Made((3, 4))
    made.op("PRelu", ["x", made.held("a", [[0.1], [0.2], [0.3]])], "y")
    assert rewritten(prelu_as_max, made.net(), (3, 4), exact=True)[1] == 0


@pytest.mark.parametrize(("keep_float", "left"), [("first_conv", "p"), ("q!", "q")])
def test_what_stays_in_float_is_left_to_the_next_step(keep_float: str, left: str) -> None:
    made = Made((8, 6, 6))
    for read, name in (("x", "p"), ("p", "q")):
        prelu(made, made.conv(read, f"{name}_c"), name, *made.rng.uniform(-1, 1, 8))
    made.head(made.conv("q", "d"))
    net = made.net()
    kept = prelu_as_max(net, shapes_of(net), [keep_float]).net
    assert [node.output[0] for node in kept.nodes if node.op_type == "PRelu"] == [left]
    expanded = expand_prelu(kept, shapes_of(kept)).net
    named = [keep_float] if keep_float == "first_conv" else []
    in_integers = quantized(expanded, keep_float=named)
    assert ops(in_integers).count("Max") == 1


def test_integers_by_hand() -> None:
    """Of x in steps of 0.01: −0.61 by slopes of −0.5 and 0.25 and 1, and 0.3, which stays."""
    made = Made((3, 1, 2))
    read = made.op("Conv", ["x", made.held("w", np.eye(3).reshape(3, 3, 1, 1))], "c")
    made.held("v", np.eye(3).reshape(3, 3, 1, 1))
    made.op("Conv", [prelu(made, read, "p"), "v"], "y")
    net = prelu_as_max(made.net(), shapes_of(made.net())).net
    assert quantized_tensors(net, shapes_of(net)) == ["x", "c", "p", "y"]
    ranges = {"x": Range(-1.28, 1.27), "c": Range(-1.28, 0.5), "p": Range(0, 1.27)}
    int8 = quantize(net, shapes_of(net), {**ranges, "y": Range(-1.28, 1.27)})
    x = np.float32([[[[-0.61, 0.3]]] * 3]).reshape(1, 3, 1, 2)
    expected = [[0.30, 0.3], [-0.15, 0.3], [-0.61, 0.3]]
    for level in (LEVELS.ORT_DISABLE_ALL, LEVELS.ORT_ENABLE_ALL):
        found = run(int8, x, level)[0].reshape(3, 2)
        np.testing.assert_allclose(found, expected, rtol=0, atol=0.0101)
    scales = {n.input[1] for n in int8.nodes if n.op_type == "QuantizeLinear"}
    assert scales == {"x_scale", "c_scale", "y_scale"}


def test_no_kernel_leaves_integers(tmp_path: Path) -> None:
    net = network()
    int8 = quantized(net)
    run_by = kernels(int8)
    assert (run_by["Max"], run_by["QLinearConv"], run_by["QLinearAdd"]) == (2, 5, 0)
    int8.save(tmp_path / "net.onnx")
    assert float_islands(tmp_path / "net.onnx") == ()


def test_less_is_lost_than_in_a_sum() -> None:
    made = Made((16, 6, 6))
    read = "x"
    for name in ("p", "q", "r"):
        slopes = made.rng.uniform(-1, 1, 16)
        read = prelu(made, made.conv(read, f"{name}_c", 16, 16, 3), name, *slopes)
    made.head(made.conv(read, "d", 16, 16), 16)
    source = made.net()
    xs = images(source, 32)
    right = np.concatenate([run(source, x)[0] for x in xs])

    def lost(net: Net) -> float:
        int8 = quantized(net, xs)
        return float(np.square(np.concatenate([run(int8, x)[0] for x in xs]) - right).mean())

    shapes = shapes_of(source)
    assert lost(prelu_as_max(source, shapes).net) < lost(expand_prelu(source, shapes).net)


@pytest.mark.parametrize("between", [(), ("MaxPool",)])
def test_behind_a_clip_nothing_is_cut_off(between: tuple[str, ...]) -> None:
    """The product with −3 reaches 3 where the Clip ends at 1: they cannot share a scale."""
    made = Made((8, 6, 6))
    ends = [made.held("low", -1.0), made.held("high", 1.0)]
    read = made.op("Clip", [made.conv("x", "c"), *ends], "k")
    for op_type in between:
        read = made.op(op_type, [read], "m", kernel_shape=[1, 1])
    prelu(made, read, "p", *np.linspace(-3, 0.5, 8))
    made.head(made.conv("p", "d"))
    net = prelu_as_max(made.net(), shapes_of(made.net())).net
    int8 = quantized(net)
    for x in images(net):
        np.testing.assert_allclose(run(int8, x)[0], run(net, x)[0], rtol=0, atol=0.05)


def test_the_larger_of_two_layers_stays_in_float() -> None:
    """They need not share a scale."""
    made = Made((8, 6, 6))
    made.op("Max", [made.conv("x", "a"), made.conv("x", "b")], "m")
    made.head(made.conv("m", "d"))
    int8 = quantized(made.net())
    made_by = {name: node.op_type for node in int8.nodes for name in node.output}
    read = next(node for node in int8.nodes if node.op_type == "Max").input
    assert {made_by[name] for name in read} == {"DequantizeLinear"}


def test_a_product_keeps_to_itself_when_biases_are_corrected(tmp_path: Path) -> None:
    """Its mean error is that of values that are not chosen."""
    net = network()
    int8 = quantized(net)
    xs = [{"x": x} for x in images(net, FEWEST_IMAGES)]
    corrected = correct_bias(int8, net, xs, tmp_path)
    assert corrected.places == 4
    products = [n for n in corrected.net.nodes if n.output[0].endswith("_lower")]
    assert [len(node.input) for node in products] == [2, 2]
