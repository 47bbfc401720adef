"""PReLU: channels with slopes above 1 turned over, then written in ops that run fast."""

import numpy as np
import pytest

from suite.quantization.steps.expand_prelu import expand_prelu
from suite.quantization.steps.flip_slopes import flip_slopes
from suite.quantization.steps.net import Net, attributes
from suite.quantization.steps.slopes import slopes_of
from tests.support.qdq_net import Made, kernels, run
from tests.support.rewritten import ops, rewritten

IMAGE = (3, 2, 4)
SLOPES = (-0.5, 0.25, 4.0)


def prelu(net: Made, given: str, made: str, *slopes: float) -> str:
    held = net.held(f"{made}_a", np.reshape(slopes or SLOPES, (-1, 1, 1)))
    return net.op("PRelu", [given, held], made)


def between() -> Made:
    """A PReLU between two layers, with a border behind it."""
    made = Made(IMAGE)
    prelu(made, made.conv("x", "c", 3, 3), "p")
    made.conv("p", "y", 3, 2, 3)
    return made


def test_a_slope_of_four_becomes_a_quarter() -> None:
    """The layer before gives −u in that channel, the one behind takes −4 times it."""
    made = between()
    net, places = rewritten(flip_slopes, made.net(), IMAGE)
    assert (ops(net), places) == (["Conv", "PRelu", "Conv"], 1)
    held = {
        name: net.weights[node.input[at]]
        for node, names in zip(net.nodes, (["w", "b"], ["a"], ["v"]), strict=True)
        for at, name in enumerate(names, 1)
    }
    turned = np.float32([1, 1, -1])
    np.testing.assert_array_equal(held["a"].reshape(-1), np.float32([-0.5, 0.25, 0.25]))
    np.testing.assert_array_equal(held["w"], made.weights["c_w"] * turned.reshape(3, 1, 1, 1))
    np.testing.assert_array_equal(held["b"], made.weights["c_b"] * turned)
    factors = np.float32([1, 1, -4]).reshape(1, 3, 1, 1)
    np.testing.assert_array_equal(held["v"], made.weights["y_w"] * factors)


def test_nothing_above_one_is_nothing_to_do() -> None:
    made = Made(IMAGE)
    prelu(made, made.conv("x", "c", 3, 3), "p", -3, 0.5, 1)
    made.conv("p", "y", 3, 2)
    assert rewritten(flip_slopes, made.net(), IMAGE, exact=True)[1] == 0


def test_one_slope_for_all_channels_is_turned_over_in_each() -> None:
    made = between()
    made.held("p_a", [2.0])
    net, places = rewritten(flip_slopes, made.net(), IMAGE)
    slopes = slopes_of(net, net.nodes[1], net.shapes((1, *IMAGE)))
    assert places == 1
    np.testing.assert_array_equal(slopes, [0.5] * 3)


def test_every_reader_takes_the_channel_turned_over() -> None:
    made = between()
    made.op("Conv", ["p", made.random("d_w", 6, 1, 2, 2)], "z", group=3)
    assert rewritten(flip_slopes, made.net("y", "z"), IMAGE)[1] == 1


def unlike(kind: str) -> Net:
    """A PReLU that may not be turned over, for one reason each."""
    made = between()
    if kind == "an output":
        return made.net("y", "p")
    if kind == "the layer before gives an output":
        return made.net("y", "c")
    if kind == "no layer before":
        del made.nodes[0]
        made.nodes[0].input[0] = "x"
        return made.net()
    made.op({"a reader that adds": "Add", "a reader that is no layer": "Relu"}[kind], ["p"], "z")
    if kind == "a reader that adds":
        made.nodes[-1].input.append("x")
    return made.net("y", "z")


@pytest.mark.parametrize(
    "kind",
    [
        "an output",
        "the layer before gives an output",
        "no layer before",
        "a reader that adds",
        "a reader that is no layer",
    ],
)
def test_slopes_stay_where_others_see_the_channel(kind: str) -> None:
    assert rewritten(flip_slopes, unlike(kind), IMAGE, exact=True)[1] == 0


def single(*slopes: float, image: tuple[int, ...] = IMAGE) -> Net:
    made = Made(image)
    prelu(made, "x", "y", *slopes)
    return made.net()


def test_slopes_up_to_one_are_a_sum() -> None:
    net, places = rewritten(expand_prelu, single(-0.5, 0.25, 1), IMAGE)
    assert (ops(net), places) == (["Conv", "Relu", "Add"], 1)
    assert attributes(net.nodes[0])["group"] == 3
    factors = net.weights[net.nodes[0].input[1]]
    np.testing.assert_array_equal(factors.reshape(-1), np.float32([-1.5, -0.75, 0]))


def test_slopes_above_one_are_subtracted_by_a_second_conv() -> None:
    net = rewritten(expand_prelu, single(), IMAGE)[0]
    assert ops(net) == ["Conv", "Relu", "Conv", "Add"]
    lower, signs = (net.weights[n.input[1]] for n in net.nodes if n.op_type == "Conv")
    np.testing.assert_array_equal(lower.reshape(-1), np.float32([-1.5, -0.75, -3]))
    np.testing.assert_array_equal(signs.reshape(-1), [1, 1, -1])


def test_values_by_hand() -> None:
    """Of −2 and 3 in channels of slopes −0.5, 0.25 and 4."""
    net = single(image=(3, 1, 2))
    made = expand_prelu(net, net.shapes((1, 3, 1, 2))).net
    x = np.float32([[[[-2, 3]]] * 3]).reshape(1, 3, 1, 2)
    np.testing.assert_array_equal(run(made, x)[0].reshape(3, 2), [[1, 3], [-0.5, 3], [-8, 3]])


@pytest.mark.parametrize("shape", [(1,), (), (1, 1, 1), (3, 1, 1)])
def test_one_slope_is_a_leaky_relu(shape: tuple[int, ...]) -> None:
    made = Made(IMAGE)
    made.op("PRelu", ["x", made.held("a", np.full(shape, 0.25))], "y")
    net = rewritten(expand_prelu, made.net(), IMAGE)[0]
    assert ops(net) == ["LeakyRelu"]
    assert attributes(net.nodes[0])["alpha"] == 0.25


@pytest.mark.parametrize("shape", [(4,), (2, 1), (3, 2, 4), (1, 2, 4)])
def test_slopes_by_position_stay(shape: tuple[int, ...]) -> None:
    made = Made(IMAGE)
    made.op("PRelu", ["x", made.random("a", *shape)], "y")
    net = made.net()
    assert slopes_of(net, net.nodes[0], net.shapes((1, *IMAGE))) is None
    for step in (flip_slopes, expand_prelu):
        assert rewritten(step, net, IMAGE, exact=True)[1] == 0


def test_slopes_that_are_computed_stay() -> None:
    made = Made(IMAGE)
    made.op("Abs", [made.random("a", 3, 1, 1)], "b")
    made.op("PRelu", ["x", "b"], "y")
    assert rewritten(expand_prelu, made.net(), IMAGE, exact=True)[1] == 0


def test_planes_of_fewer_dimensions_stay() -> None:
    made = Made((3, 4))
    made.op("PRelu", ["x", made.held("a", [[0.1], [0.2], [0.3]])], "y")
    assert rewritten(expand_prelu, made.net(), (3, 4), exact=True)[1] == 0


def test_half_precision_stays_half_precision() -> None:
    net = single()
    net.weights["y_a"] = net.weights["y_a"].astype(np.float16)
    made = expand_prelu(net, net.shapes((1, *IMAGE))).net
    kinds = {made.weights[n.input[1]].dtype for n in made.nodes if n.op_type == "Conv"}
    assert kinds == {np.dtype(np.float16)}


def test_turned_over_and_expanded_no_slope_is_subtracted() -> None:
    net = rewritten(flip_slopes, between().net(), IMAGE)[0]
    assert ops(rewritten(expand_prelu, net, IMAGE)[0]) == ["Conv", "Conv", "Relu", "Add", "Conv"]


def test_onnxruntime_fuses_what_a_prelu_becomes() -> None:
    """The Relu goes into the depthwise Conv, and the layout stays that of the layers around."""
    made = Made((16, 4, 4))
    held = made.held("a", made.rng.uniform(-1, 2, (16, 1, 1)))
    made.op("PRelu", [made.conv("x", "c", 16, 16, 3), held], "p")
    made.head(made.conv("p", "d", 16, 16, 3), 16)
    net = rewritten(flip_slopes, made.net(), (16, 4, 4))[0]
    run_by = kernels(rewritten(expand_prelu, net, (16, 4, 4))[0])
    assert not {"Relu", "PRelu"} & run_by.keys()
    assert max(run_by["ReorderInput"], run_by["ReorderOutput"]) <= 1
