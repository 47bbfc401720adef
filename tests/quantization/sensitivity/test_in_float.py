"""A unit in float, alone in a network in 8 bits."""

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.quantization.sensitivity.forms import UnpairedError
from suite.quantization.sensitivity.in_float import in_float, put_in_float
from suite.quantization.sensitivity.local_error import quantized_units
from suite.quantization.steps.prelu_as_max import prelu_as_max
from suite.runtime.exactness import sums_exactly
from tests.support import random_net
from tests.support.drawn_net import BLOCKS, CHANNELS, DRAWN, Drawn
from tests.support.paired import (
    Paired,
    computed,
    dynamic_by_onnxruntime,
    layers_in_float,
    static_by_onnxruntime,
)
from tests.support.qdq_net import LEVELS, Made, kernels, optimised, run, shapes_of
from tests.support.rewritten import prepared

# Blocks of nothing but layers and their activations: in float, no rounding is left between them.
UNITS_ALONE = (
    *("conv", "grouped", "depthwise", "relu", "relu6", "clip", "hard swish", "leaky", "sigmoid"),
    *("prelu", "chosen", "shared", "shifted"),
)


def ends_in_floats(made: Made, read: str) -> str:
    """A product over the last axis, whose kernel takes integers and gives floats."""
    return made.op("MatMul", [read, made.random("y_w", 6, 5, scale=0.4)], "y")


def check_each(pair: Paired) -> None:
    """That of each unit the layers run in float, and no others that did not."""
    before = layers_in_float(pair.forms.quantized)
    for unit in quantized_units(pair.forms, pair.units):
        net = in_float(pair.forms, unit)
        onnx.checker.check_model(net.model(), full_check=True)
        run(net, pair.images[0])
        assert layers_in_float(net) == before + pair.layers_of(unit), unit.name


@pytest.mark.parametrize("block", sorted(BLOCKS))
def test_of_every_block_the_layers_in_float_are_those_of_the_unit(block: str) -> None:
    made = Made((CHANNELS, 6, 6))
    made.head(made.conv(BLOCKS[block](made, made.conv("x", "c"), "t"), "d"))
    check_each(Paired.by_us(made.net()))


@given(DRAWN)
@settings(max_examples=10, deadline=None)
def test_of_a_drawn_network_the_layers_in_float_are_those_of_the_unit(drawn: Drawn) -> None:
    check_each(Paired.by_us(drawn.made()[0]))


@given(random_net.networks(largest=4))
@settings(max_examples=10, deadline=None)
def test_of_what_the_exact_steps_make_too(drawn: random_net.RandomNet) -> None:
    net = prepared(drawn.net())
    check_each(Paired.by_us(net, [random_net.images(net, 1, seed) for seed in range(4)]))


@given(st.lists(st.sampled_from(UNITS_ALONE), max_size=5), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_with_every_unit_in_float_in_turn_it_is_fp32(blocks: list[str], seed: int) -> None:
    made = Made((CHANNELS, 6, 6))
    made.rng = np.random.default_rng(seed)
    at = made.conv("x", "first")
    for place, block in enumerate(blocks):
        at = BLOCKS[block](made, made.conv(at, f"c{place}"), f"t{place}")
    ends_in_floats(made, at)
    pair = Paired.by_us(made.net())
    units = quantized_units(pair.forms, pair.units)
    assert units == list(pair.units)
    (right,), (found,) = (
        run(net, pair.images[0]) for net in (pair.forms.reference, put_in_float(pair.forms, units))
    )
    if "chosen" in blocks:
        # A Max(x, a · x) is summed otherwise.
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-5 * np.abs(right).max())
    else:
        np.testing.assert_array_equal(found, right)


@given(DRAWN)
@settings(max_examples=10, deadline=None)
def test_with_every_unit_in_float_no_layer_is_in_integers(drawn: Drawn) -> None:
    pair = Paired.by_us(drawn.made()[0])
    net = put_in_float(pair.forms, quantized_units(pair.forms, pair.units))
    found = kernels(net)
    assert not {"QLinearConv", "QGemm", "ConvInteger", "MatMulIntegerToFloat"} & set(found)


def test_the_unit_computes_what_fp32_would_of_what_it_is_fed() -> None:
    made = Made((CHANNELS, 6, 6))
    made.op("Relu", [made.conv("x", "c", kernel=3)], "r")
    made.op("Relu", [made.conv("r", "d", kernel=3)], "s")
    made.head(made.conv("s", "e"))
    pair = Paired.by_us(made.net())
    net, x = in_float(pair.forms, pair.units[1]), pair.images[0]
    (fed,) = computed(net, {"x": x}, [pair.forms.rounded("r").last])
    (right,) = computed(pair.forms.reference, {"x": x, "r": fed}, ["s"])
    (found,) = computed(net, {"x": x}, ["s"])
    np.testing.assert_array_equal(found, right)
    # And what reads it rounds it as before.
    (rounding,) = (node for node in net.nodes if node.input[0] == "s")
    assert tuple(rounding.input[1:]) == pair.forms.rounded("s").parameters


def test_a_tensor_that_only_floats_read_is_no_longer_rounded() -> None:
    made = Made((CHANNELS, 6, 6))
    made.op("Relu", [made.conv("x", "c")], "r")
    made.head(made.conv("r", "d"))
    pair = Paired.by_us(made.net(), keep_float=["d!"])
    net = in_float(pair.forms, pair.units[0])
    assert not {"x", "r"} & {n.input[0] for n in net.nodes if n.op_type == "QuantizeLinear"}


def test_a_tensor_that_the_network_gives_stays_as_others_see_it() -> None:
    made = Made((CHANNELS, 6, 6))
    made.op("Relu", [made.conv("x", "c")], "r")
    made.head(made.conv("r", "d"))
    pair = Paired.by_us(made.net("y", "r"))
    for unit in pair.units:
        net = in_float(pair.forms, unit)
        assert [value.name for value in net.outputs] == ["y", "r"]
        before, after = (run(each, pair.images[0]) for each in (pair.forms.quantized, net))
        assert all(np.abs(a - b).max() < 0.1 for a, b in zip(before, after, strict=True))


def test_a_prelu_on_integers_is_a_sum_in_float() -> None:
    """Where it is computed in float, a Max is slow."""
    made = Made((CHANNELS, 6, 6))
    slopes = made.held("s", np.linspace(-1, 1, CHANNELS).reshape(-1, 1, 1))
    made.op("PRelu", [made.conv("x", "c"), slopes], "p")
    made.head(made.conv("p", "d"))
    net = made.net()
    pair = Paired.by_us(prelu_as_max(net, shapes_of(net)).net)
    assert kernels(pair.forms.quantized)["Max"] == 1
    changed = in_float(pair.forms, pair.units[0])
    assert kernels(changed)["Max"] == 0
    (right,) = computed(pair.forms.reference, {"x": pair.images[0]}, ["p"])
    (last,) = [n for n in changed.nodes if n.op_type == "Add"]
    (given,) = computed(changed, {"x": pair.images[0]}, [last.output[0]])
    np.testing.assert_allclose(given, right, atol=1e-6)


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("symmetric", [False, True])
def test_units_of_what_onnxruntime_quantizes_are_put_in_float(
    symmetric: bool, per_channel: bool
) -> None:
    made = Made((CHANNELS, 6, 6))
    made.op("Relu", [made.conv("x", "c", kernel=3)], "r")
    made.op("Relu", [made.conv("r", "d", group=CHANNELS)], "s")
    made.head(made.op("Add", ["r", made.conv("s", "e")], "t"))
    net = made.net()
    quantized = static_by_onnxruntime(net, per_channel=per_channel, symmetric=symmetric)
    pair = Paired.of(net, quantized)
    before = layers_in_float(quantized)
    for unit in pair.units:
        changed = in_float(pair.forms, unit)
        # With signed activations a Conv with a Relu behind it ran in float before.
        assert layers_in_float(changed) in (before, before + 1)
        assert symmetric or layers_in_float(changed) == before + 1
    last = put_in_float(pair.forms, pair.units)
    assert layers_in_float(last) == len(pair.units)


def test_units_of_dynamic_int8_are_put_in_float_one_by_one() -> None:
    made = Made((CHANNELS, 6, 6))
    made.op("Relu", [made.conv("x", "c", kernel=3)], "r")
    made.head(made.conv("r", "d"))
    net = made.net()
    pair = Paired.of(net, dynamic_by_onnxruntime(net))
    for unit in pair.units:
        assert layers_in_float(in_float(pair.forms, unit)) == 1
    last = put_in_float(pair.forms, pair.units)
    assert not {"DynamicQuantizeLinear", "ConvInteger"} & {node.op_type for node in last.nodes}
    for found, right in zip(run(last, pair.images[0]), run(net, pair.images[0]), strict=True):
        np.testing.assert_array_equal(found, right)


def test_optimised_it_computes_what_the_file_says() -> None:
    made = Made((CHANNELS, 6, 6))
    made.op("Relu", [made.conv("x", "c", kernel=3)], "r")
    made.op("Add", ["r", made.conv("r", "d", kernel=3)], "t")
    made.head(made.conv("t", "e"))
    pair = Paired.by_us(made.net(), reduce_range=not sums_exactly())
    (right,) = run(pair.forms.reference, pair.images[0])
    for unit in pair.units:
        net = in_float(pair.forms, unit)
        plain, fast = (
            run(net, pair.images[0], level)[0]
            for level in (LEVELS.ORT_DISABLE_ALL, LEVELS.ORT_ENABLE_ALL)
        )
        assert np.abs(plain - fast).max() < 0.02 * np.abs(right).max()
        weights = {
            tensor.name
            for tensor in optimised(net).graph.initializer
            if tensor.data_type == onnx.TensorProto.INT8 and len(tensor.dims) == 4
        }
        assert len(weights) == 2 if unit.name != "y!" else 3


def test_a_network_whose_tensors_are_renamed_is_refused() -> None:
    made = Made((CHANNELS, 6, 6))
    made.head(made.conv("x", "c"))
    pair = Paired.by_us(made.net())
    changed = pair.forms.quantized.copy()
    for at, node in enumerate(changed.nodes):
        node.name = f"n{at}"
        for names in (node.input, node.output):
            names[:] = [f"{name}_2" if name == "c" else name for name in names]
    pair = pair.with_form(changed)
    with pytest.raises(UnpairedError, match="its tensor 'c' has no form in 8 bits by that name"):
        in_float(pair.forms, pair.units[0])


def test_the_forms_stay_as_they_were() -> None:
    made = Made((CHANNELS, 6, 6))
    made.head(made.conv(BLOCKS["chosen"](made, made.conv("x", "c"), "t"), "d"))
    pair = Paired.by_us(made.net())
    before = pair.forms.reference.digest(), pair.forms.quantized.digest()
    for unit in pair.units:
        in_float(pair.forms, unit)
    assert (pair.forms.reference.digest(), pair.forms.quantized.digest()) == before
