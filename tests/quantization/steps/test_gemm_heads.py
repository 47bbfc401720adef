"""Heads: written as Gemm whose rows are output channels, where they are fully connected."""

import numpy as np
import pytest

from suite.quantization.steps.gemm_heads import gemm_heads
from tests.support.qdq_net import Made
from tests.support.rewritten import ops, rewritten

IMAGE = (3, 1, 1)


def flat() -> Made:
    made = Made(IMAGE)
    made.op("Flatten", ["x"], "f")
    return made


def test_a_product_and_its_sum_are_one_gemm() -> None:
    made = flat()
    weight = np.arange(6).reshape(3, 2)
    made.op("MatMul", ["f", made.held("w", weight)], "m")
    made.op("Add", [made.held("b", [[5, 6]]), "m"], "y")
    net, places = rewritten(gemm_heads, made.net(), IMAGE)
    assert (ops(net), places) == (["Flatten", "Gemm"], 1)
    gemm = net.nodes[1]
    assert [a.i for a in gemm.attribute if a.name == "transB"] == [1]
    np.testing.assert_array_equal(net.weights[gemm.input[1]], weight.T)
    np.testing.assert_array_equal(net.weights[gemm.input[2]], [5, 6])


@pytest.mark.parametrize("bias", [[1.0], [[1.0], [2.0]], [[[1.0, 2.0]]]])
def test_a_sum_that_is_no_row_stays(bias: list[object]) -> None:
    made = flat()
    made.op("MatMul", ["f", made.random("w", 3, 2)], "m")
    made.op("Add", ["m", made.held("b", bias)], "y")
    assert ops(rewritten(gemm_heads, made.net(), IMAGE)[0]) == ["Flatten", "Gemm", "Add"]


def test_a_product_that_others_see_keeps_its_sum() -> None:
    made = flat()
    made.op("MatMul", ["f", made.random("w", 3, 2)], "m")
    made.op("Add", ["m", made.held("b", [1, 2])], "y")
    net = rewritten(gemm_heads, made.net("y", "m"), IMAGE)[0]
    assert ops(net) == ["Flatten", "Gemm", "Add"]


def test_products_of_more_dimensions_of_inputs_or_of_integers_stay() -> None:
    rows, computed, whole = Made((3, 4)), Made((2,)), Made((2,))
    rows.op("MatMul", ["x", rows.random("w", 4, 2)], "y")
    computed.op("MatMul", ["x", computed.op("Relu", ["w"], "r")], "y")
    computed.random("w", 2, 2)
    whole.op("Cast", ["x"], "i", to=6)
    whole.op("MatMul", ["i", whole.held("w", np.eye(2), np.int32)], "m")
    whole.op("Cast", ["m"], "y", to=1)
    for made in (rows, computed, whole):
        assert rewritten(gemm_heads, made.net(), made.image)[1] == 0


def test_a_conv_of_one_pixel_before_a_flatten_is_a_gemm() -> None:
    made = Made(IMAGE)
    made.held("w", np.arange(6).reshape(2, 3, 1, 1))
    made.op("Conv", ["x", "w", made.held("b", [5, 6])], "c")
    made.op("Flatten", ["c"], "y")
    net, places = rewritten(gemm_heads, made.net(), IMAGE)
    assert (ops(net), places) == (["Flatten", "Gemm"], 1)
    np.testing.assert_array_equal(net.weights[net.nodes[1].input[1]], [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    ("said", "image"),
    [
        ({}, (3, 1, 2)),
        ({"group": 3}, IMAGE),
        ({"pads": [0, 0, 1, 1]}, IMAGE),
        ({"pads": [1] * 4, "strides": [3, 3]}, IMAGE),
    ],
)
def test_other_convs_stay(said: dict[str, object], image: tuple[int, ...]) -> None:
    made = Made(image)
    inputs = 3 // int(said.get("group", 1))  # type: ignore[call-overload]
    made.op("Conv", ["x", made.random("w", 3, inputs, 1, 1)], "c", **said)
    made.op("Flatten", ["c"], "y")
    assert rewritten(gemm_heads, made.net(), image)[1] == 0


def test_a_conv_that_others_see_stays() -> None:
    made = Made(IMAGE)
    made.op("Conv", ["x", made.random("w", 2, 3, 1, 1)], "c")
    made.op("Flatten", ["c"], "y")
    assert rewritten(gemm_heads, made.net("y", "c"), IMAGE)[1] == 0


def test_a_gemm_is_turned_round_once() -> None:
    made = flat()
    weight = np.arange(6).reshape(3, 2)
    held = [made.held("w", weight), made.held("b", [1, 2])]
    made.op("Gemm", ["f", *held], "y", alpha=0.5, beta=3.0)
    net, places = rewritten(gemm_heads, made.net(), IMAGE)
    assert places == 1
    np.testing.assert_array_equal(net.weights[net.nodes[1].input[1]], weight.T)
    assert rewritten(gemm_heads, net, IMAGE)[1] == 0


def test_weights_that_two_read_are_turned_round_for_each() -> None:
    made = Made((2,))
    made.random("w", 2, 2)
    made.op("Gemm", ["x", "w"], "a")
    made.op("Gemm", ["a", "w"], "b", transB=1)
    made.op("MatMul", ["b", "w"], "y")
    assert ops(rewritten(gemm_heads, made.net(), (2,))[0]) == ["Gemm"] * 3
