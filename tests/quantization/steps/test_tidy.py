"""Tidying: what computes nothing goes, what means the same is said in one way, the rest stays."""

from collections.abc import Callable

import numpy as np
import pytest
from onnx import helper

from suite.quantization.steps.tidy import tidy
from tests.support.qdq_net import Made
from tests.support.rewritten import fixed, ops, rewritten

IMAGE = (4, 3, 5)
Grow = Callable[[Made], object]


def made(grow: Grow) -> Made:
    """A network of what is grown from ``x`` to ``a``, behind it a Relu."""
    net = Made(IMAGE)
    grow(net)
    net.op("Relu", ["a"], "y")
    return net


def ints(net: Made, name: str, *values: int) -> str:
    return net.held(name, list(values), np.int64)


NOTHING: dict[str, Grow] = {
    "Identity": lambda net: net.op("Identity", ["x"], "a"),
    "Dropout": lambda net: net.op("Dropout", ["x"], "a"),
    "Dropout that says so": lambda net: net.op(
        "Dropout", ["x", net.held("r", 0.5), net.held("t", False, np.bool_)], "a"
    ),
    "one pixel's maximum": lambda net: net.op(
        "MaxPool", ["x"], "a", kernel_shape=[1, 1], auto_pad="SAME_UPPER", ceil_mode=1
    ),
    "the same shape": lambda net: net.op("Reshape", ["x", ints(net, "s", 0, 4, 3, 5)], "a"),
    "the same shape, the batch left over": lambda net: net.op(
        "Reshape", ["x", ints(net, "s", -1, 4, 3, 5)], "a"
    ),
    "there and back": lambda net: (
        net.op("Reshape", ["x", ints(net, "s", 0, 12, -1)], "b"),
        net.op("Reshape", ["b", ints(net, "t", 0, 4, 3, 5)], "a"),
    ),
}
SOMETHING: dict[str, Grow] = {
    "Dropout that trains": lambda net: net.op(
        "Dropout", ["x", net.held("r", 0.0), net.held("t", True, np.bool_)], "a"
    ),
    "every other pixel": lambda net: net.op(
        "MaxPool", ["x"], "a", kernel_shape=[1, 1], strides=[2, 2]
    ),
    "another shape": lambda net: net.op("Reshape", ["x", ints(net, "s", 0, 4, 15)], "a"),
    "flattened from another axis": lambda net: net.op("Flatten", ["x"], "a", axis=2),
    "a copied dimension": lambda net: (
        net.op("Reshape", ["x", ints(net, "s", 0, 12, 5)], "b"),
        net.op("Reshape", ["b", ints(net, "t", 0, 0, 5, 1)], "a"),
    ),
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_computes_nothing_goes(name: str) -> None:
    net, places = rewritten(tidy, made(NOTHING[name]).net(), IMAGE, exact=True)
    assert ops(net) == ["Relu"]
    assert places >= 1


@pytest.mark.parametrize("name", SOMETHING)
def test_what_computes_something_stays(name: str) -> None:
    given = made(SOMETHING[name]).net()
    net, places = rewritten(tidy, given, IMAGE, exact=True)
    assert (ops(net), places) == (ops(given), 0)


def test_a_dropout_whose_mask_is_read_stays() -> None:
    net = Made(IMAGE)
    net.nodes.append(helper.make_node("Dropout", ["x"], ["a", "m"]))
    net.op("Where", ["m", "a", net.held("zero", 0.0)], "y")
    assert ops(rewritten(tidy, net.net(), IMAGE)[0]) == ["Dropout", "Where"]


FLAT: dict[str, Grow] = {
    "0, -1": lambda net: net.op("Reshape", ["x", ints(net, "s", 0, -1)], "a"),
    "-1, n": lambda net: net.op("Reshape", ["x", ints(net, "s", -1, 60)], "a"),
    "by two": lambda net: (
        net.op("Reshape", ["x", ints(net, "s", 0, 4, -1)], "b"),
        net.op("Reshape", ["b", ints(net, "t", 0, -1)], "a"),
    ),
    "by a shape that follows the batch": lambda net: (
        net.op("Shape", ["x"], "whole"),
        net.op("Gather", ["whole", ints(net, "i", 0)], "n"),
        net.op("Concat", ["n", ints(net, "s", -1)], "t", axis=0),
        net.op("Reshape", ["x", "t"], "a"),
    ),
}


@pytest.mark.parametrize("name", FLAT)
def test_reshaping_to_rows_is_flattening(name: str) -> None:
    net, places = rewritten(tidy, made(FLAT[name]).net(), IMAGE, exact=True)
    assert ops(net) == ["Flatten", "Relu"]
    assert places >= 1


def one_row(net: Made) -> None:
    net.op("Reshape", ["x", ints(net, "s", 1, -1)], "a")


def computed_row(net: Made) -> None:
    """One row whatever the batch, by a shape that nobody folded."""
    net.op("Concat", [ints(net, "one", 1), ints(net, "rest", -1)], "s", axis=0)
    net.op("Reshape", ["x", "s"], "a")


@pytest.mark.parametrize("grow", [one_row, computed_row])
def test_one_row_for_all_images_is_no_flattening(grow: Grow) -> None:
    given = made(grow)
    assert "Reshape" in ops(rewritten(tidy, given.net(), IMAGE)[0])
    assert ops(rewritten(tidy, fixed(given), IMAGE, batch=1)[0]) == ["Flatten", "Relu"]


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ({"axes": [2, 3]}, ["GlobalAveragePool"]),
        ({"axes": [-1, 2], "keepdims": 0}, ["GlobalAveragePool", "Flatten"]),
        ({"axes": [1, 2]}, ["ReduceMean"]),
        ({"axes": [3]}, ["ReduceMean"]),
        ({}, ["ReduceMean"]),
    ],
)
def test_the_mean_over_a_plane_is_a_pooling(said: dict[str, object], after: list[str]) -> None:
    given = made(lambda net: net.op("ReduceMean", ["x"], "a", **said)).net()
    assert ops(rewritten(tidy, given, IMAGE)[0]) == [*after, "Relu"]


def test_the_mean_over_a_plane_whose_axes_are_a_tensor_is_a_pooling() -> None:
    net = made(lambda net: net.op("ReduceMean", ["x", ints(net, "axes", 2, 3)], "a"))
    assert ops(rewritten(tidy, net.net(opset=18), IMAGE)[0]) == ["GlobalAveragePool", "Relu"]


def scaled(*number: float) -> Made:
    net = Made(IMAGE)
    net.conv("x", "c", 4, 2)
    net.op("Mul", [net.held("k", np.reshape(number, (-1,))), "c"], "y")
    return net


def test_a_number_goes_into_the_conv() -> None:
    given = scaled(0.5)
    net, places = rewritten(tidy, given.net(), IMAGE, exact=True)
    assert (ops(net), places) == (["Conv"], 1)
    weight, bias = (net.weights[name] for name in net.nodes[0].input[1:])
    np.testing.assert_array_equal(weight, given.weights["c_w"] * np.float32(0.5))
    np.testing.assert_array_equal(bias, given.weights["c_b"] * np.float32(0.5))


def test_a_number_stays_where_others_see_the_conv() -> None:
    read, given = scaled(0.5), scaled(0.5)
    read.op("Relu", ["c"], "z")
    for net in (read.net("y", "z"), given.net("y", "c"), scaled(*[0.5] * 5).net()):
        assert "Mul" in ops(rewritten(tidy, net, IMAGE)[0])


def test_a_number_stays_where_it_adds_a_dimension() -> None:
    net = scaled(0.5)
    net.held("k", np.full((1,) * 5, 0.5))
    assert "Mul" in ops(rewritten(tidy, net.net(), IMAGE)[0])


def test_a_conv_of_another_domain_is_unknown() -> None:
    net = scaled(0.5).net()
    net.nodes[0].domain = "com.microsoft.nchwc"
    assert tidy(net, {"c": (1, 2, 3, 5)}).places == 0


def test_slopes_by_channel_get_their_dimensions() -> None:
    net = Made(IMAGE)
    net.op("PRelu", ["x", net.held("a", [0.1, 0.2, 0.3, 0.4])], "y")
    given = net.net()
    changed = tidy(given, given.shapes((1, *IMAGE)))
    assert changed.places == 1
    assert changed.net.weights["a"].shape == (4, 1, 1)


def test_slopes_by_column_stay() -> None:
    """ONNX broadcasts from the last dimension on: with as many columns it says those."""
    net = Made((4, 3, 4))
    net.op("PRelu", ["x", net.held("a", [0.1, 0.2, 0.3, 0.4])], "y")
    assert rewritten(tidy, net.net(), (4, 3, 4), exact=True)[1] == 0


def test_all_at_once() -> None:
    """A head as files have it, whose parts are undone in the order of the graph."""
    net = Made(IMAGE)
    net.op("Identity", [net.conv("x", "c", 4, 2)], "d")
    net.op("Mul", ["d", net.held("k", 2.0)], "e")
    net.op("Reshape", ["e", ints(net, "s", 0, -1, 1, 1)], "f")
    net.op("Dropout", ["f"], "g")
    net.op("Reshape", ["g", ints(net, "t", -1, 30)], "y")
    after, places = rewritten(tidy, net.net(), IMAGE, exact=True)
    assert ops(after) == ["Conv", "Flatten"]
    assert places == 4
