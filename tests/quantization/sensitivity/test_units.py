"""The units of a network: what belongs to a layer, and how much of the arithmetic it does."""

import numpy as np
import pytest

from suite.quantization.sensitivity.units import Unit, units_of
from suite.quantization.steps.expand_prelu import expand_prelu
from suite.quantization.steps.net import Net
from suite.quantization.steps.prelu_as_max import prelu_as_max
from suite.quantization.steps.step import Rewrite
from tests.support.qdq_net import Made, shapes_of

# A Conv of 8 to 8 channels and one pixel on 8 × 8 pixels, the slopes of its channels, and a Gemm
# of 8 to 5 values.
CONV, SLOPES, HEAD = 64 * 8 * 8, 64 * 8, 8 * 5


def units(net: Net) -> list[Unit]:
    return units_of(net, shapes_of(net))


def told(net: Net) -> dict[str, tuple[tuple[str, ...], int]]:
    return {unit.name: (unit.tensors, unit.products) for unit in units(net)}


def test_a_layer_and_its_activation_are_one() -> None:
    made = Made()
    made.op("Relu", [made.conv("x", "c", kernel=3)], "r")
    made.head(made.conv("r", "d", outputs=4), channels=4)
    assert told(made.net()) == {
        "c!": (("c", "r"), 9 * CONV),
        "d!": (("d",), CONV // 2),
        "y!": (("y",), 4 * 5),
    }


def test_products_follow_strides_and_groups() -> None:
    made = Made()
    made.conv("x", "c", kernel=3, strides=[2, 2])
    made.conv("c", "d", kernel=3, group=8)
    made.head(made.conv("d", "e", group=2))
    found = {unit.name: unit.products for unit in units(made.net())}
    assert found == {"c!": 16 * 8 * 8 * 9, "d!": 16 * 8 * 9, "e!": 16 * 8 * 4, "y!": HEAD}


@pytest.mark.parametrize("slope_shape", [(8, 1, 1), (1,)])
def test_a_prelu_belongs_to_its_layer(slope_shape: tuple[int, ...]) -> None:
    made = Made()
    made.head(made.op("PRelu", [made.conv("x", "c"), made.random("s", *slope_shape)], "p"))
    assert told(made.net()) == {"c!": (("c", "p"), CONV), "y!": (("y",), HEAD)}


def with_prelu() -> Net:
    made = Made()
    slopes = made.held("s", np.linspace(-0.5, 0.9, 8).reshape(8, 1, 1))
    made.op("PRelu", [made.conv("x", "c"), slopes], "p")
    made.head(made.conv("p", "d"))
    return made.net()


@pytest.mark.parametrize("step", [prelu_as_max, expand_prelu])
def test_the_slopes_of_a_rewritten_prelu_are_no_unit_of_their_own(step: Rewrite) -> None:
    net = with_prelu()
    rewritten = step(net, shapes_of(net))
    assert rewritten.places == 1
    first, second, head = units(rewritten.net)
    assert (first.name, second.name, head.name) == ("c!", "d!", "y!")
    assert (first.tensors[0], first.output) == ("c", "p")
    assert len(first.tensors) > 2
    assert first.products == CONV + SLOPES
    assert second.tensors == ("d",)


def test_an_expanded_prelu_as_exporters_write_it_belongs_to_its_layer() -> None:
    made = Made()
    made.conv("x", "c")
    made.op("Relu", ["c"], "above")
    made.op("Relu", [made.op("Neg", ["c"], "negative")], "below")
    made.op("Mul", ["below", made.random("s", 8, 1, 1)], "scaled")
    made.head(made.op("Add", ["above", "scaled"], "p"))
    first, _ = units(made.net())
    assert first.tensors == ("c", "above", "negative", "below", "scaled", "p")
    assert first.products == CONV


def test_a_residual_sum_belongs_to_no_layer() -> None:
    made = Made()
    made.op("Relu", [made.conv("x", "c")], "r")
    made.op("Relu", [made.conv("r", "d")], "s")
    made.op("Add", ["r", made.conv("s", "e")], "t")
    made.head(made.op("Relu", ["t"], "u"))
    assert {name: tensors for name, (tensors, _) in told(made.net()).items()} == {
        "c!": ("c", "r"),
        "d!": ("d", "s"),
        "e!": ("e",),
        "y!": ("y",),
    }


def test_of_a_layer_with_several_readers_the_activations_are_others() -> None:
    made = Made()
    made.conv("x", "c")
    made.op("Sigmoid", ["c"], "s")
    made.conv(made.op("Relu", ["c"], "r"), "d")
    made.conv("s", "e")
    made.head(made.op("Concat", ["d", "e"], "t", axis=1), channels=16)
    assert [unit.tensors for unit in units(made.net())] == [("c",), ("d",), ("e",), ("y",)]


def test_a_tensor_that_the_network_gives_ends_its_unit() -> None:
    made = Made()
    made.head(made.op("Relu", [made.conv("x", "c")], "r"))
    assert units(made.net("y", "c"))[0].tensors == ("c",)


def test_heads_are_units_with_what_is_added_to_them() -> None:
    made = Made((2, 4, 4))
    made.op("Flatten", ["x"], "f")
    made.op("MatMul", ["f", made.random("w", 32, 6)], "m")
    made.op("Add", ["m", made.random("b", 6)], "a")
    made.gemm("a", "y", 6)
    assert told(made.net()) == {"m!": (("m", "a"), 32 * 6), "y!": (("y",), 6 * 5)}


def test_layers_of_one_weight_are_two() -> None:
    made = Made()
    made.conv("x", "c")
    made.head(made.op("Conv", ["c", "c_w", "c_b"], "d"))
    assert told(made.net()) == {
        "c!": (("c",), CONV),
        "d!": (("d",), CONV),
        "y!": (("y",), HEAD),
    }


def test_a_product_of_computed_tensors_is_none() -> None:
    made = Made((8, 8, 8))
    made.conv("x", "c")
    made.op("MatMul", ["c", "x"], "m")
    made.head("m")
    assert [unit.name for unit in units(made.net())] == ["c!", "y!"]


def test_a_layer_without_a_name_goes_by_its_output() -> None:
    made = Made()
    made.head(made.conv("x", "c"))
    net = made.net()
    for node in net.nodes:
        node.name = ""
    assert [unit.name for unit in units(net)] == ["c", "y"]


def test_layers_of_one_name_go_by_their_outputs_but_for_the_first() -> None:
    made = Made()
    made.head(made.conv(made.conv("x", "c"), "d"))
    net = made.net()
    for node in net.nodes:
        node.name = "node"
    assert [unit.name for unit in units(net)] == ["node", "d", "y"]


def test_without_shapes_nothing_is_counted() -> None:
    made = Made()
    made.head(made.conv("x", "c"))
    assert [unit.products for unit in units_of(made.net(), {})] == [0, 0]
