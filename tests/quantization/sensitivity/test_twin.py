"""A unit in 8 bits, alone in a network in float."""

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from onnx import helper
from onnxruntime.quantization import QuantFormat

from suite.models.arithmetic import DENSE_OPS
from suite.quantization.sensitivity.forms import UnpairedError
from suite.quantization.sensitivity.local_error import quantized_units
from suite.quantization.sensitivity.twin import Twin, alone_quantized
from suite.quantization.sensitivity.units import Unit
from suite.quantization.steps.net import Net
from tests.support import random_net
from tests.support.drawn_net import BLOCKS, CHANNELS, DRAWN, Drawn
from tests.support.paired import (
    Paired,
    computed,
    dynamic_by_onnxruntime,
    static_by_onnxruntime,
)
from tests.support.qdq_net import Made, run
from tests.support.rewritten import prepared


def embedder(*, opset: int = 17) -> Net:
    """Layers with a Relu and without, two branches, and a head."""
    made = Made((CHANNELS, 6, 6))
    made.op("Relu", [made.conv("x", "c", kernel=3)], "r")
    made.op("Relu", [made.conv("r", "d", group=CHANNELS)], "s")
    made.head(made.op("Add", ["r", made.conv("s", "e")], "t"))
    return made.net(opset=opset)


def check_all_alone(pair: Paired) -> None:
    """That each unit gives what its form in 8 bits makes of floats, and all else is as it was."""
    for unit in pair.units:
        check_alone(pair, unit)


def check_alone(pair: Paired, unit: Unit) -> None:
    forms, x = pair.forms, pair.images[0]
    alone = alone_quantized(forms, unit)
    onnx.checker.check_model(alone.model(), full_check=True)
    names = [value.name for value in forms.reference.outputs]
    assert [value.name for value in alone.outputs] == names
    (given,) = computed(alone, {"x": x}, [unit.output])
    np.testing.assert_array_equal(given, in_8_bits(pair, unit))
    (right,) = computed(forms.reference, {"x": x}, [unit.output])
    assert np.any(given != right) or not np.any(right)
    # FP32 that is given this in the unit's place says the same as the network it is alone in.
    after = computed(forms.reference, {"x": x, unit.output: given}, names)
    for found, expected in zip(run(alone, x), after, strict=True):
        np.testing.assert_array_equal(found, expected)


def in_8_bits(pair: Paired, unit: Unit) -> np.ndarray:
    """What the quantized network gives in a unit's place when it reads what FP32 would feed it."""
    forms, x = pair.forms, pair.images[0]
    feeds = {"x": x}
    for name in forms.read_by(unit):
        before = forms.rounded(name)
        (value,) = computed(forms.reference, {"x": x}, [name])
        if before.raw is not None:
            feeds[before.raw] = value
            continue
        assert before.integers is not None
        scale, zero = (forms.quantized.weights[each] for each in before.parameters)
        feeds[before.integers] = np.clip(np.rint(value / scale) + zero, 0, 255).astype(np.uint8)
    return computed(forms.quantized, feeds, [forms.rounded(unit.output).last])[0]


@pytest.mark.parametrize("block", sorted(BLOCKS))
def test_every_block_has_units_that_stand_alone(block: str) -> None:
    made = Made((CHANNELS, 6, 6))
    made.head(made.conv(BLOCKS[block](made, made.conv("x", "c"), "t"), "d"))
    pair = Paired.by_us(made.net())
    assert quantized_units(pair.forms, pair.units) == list(pair.units)
    check_all_alone(pair)


@given(DRAWN)
@settings(max_examples=20, deadline=None)
def test_every_unit_of_a_drawn_network_stands_alone(drawn: Drawn) -> None:
    check_all_alone(Paired.by_us(drawn.made()[0]))


@given(random_net.networks(largest=4))
@settings(max_examples=20, deadline=None)
def test_every_unit_of_what_the_exact_steps_make_stands_alone(drawn: random_net.RandomNet) -> None:
    net = prepared(drawn.net())
    check_all_alone(Paired.by_us(net, [random_net.images(net, 1, seed) for seed in range(4)]))


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("symmetric", [False, True])
def test_what_onnxruntime_quantizes_statically_is_told(symmetric: bool, per_channel: bool) -> None:
    net = embedder()
    made = static_by_onnxruntime(net, per_channel=per_channel, symmetric=symmetric)
    assert ("Relu" in {node.op_type for node in made.nodes}) == symmetric
    pair = Paired.of(net, made)
    assert quantized_units(pair.forms, pair.units) == list(pair.units)
    check_all_alone(pair)


def test_what_onnxruntime_quantizes_dynamically_is_told() -> None:
    net = embedder()
    pair = Paired.of(net, dynamic_by_onnxruntime(net))
    assert quantized_units(pair.forms, pair.units) == list(pair.units)
    check_all_alone(pair)


def test_a_layer_that_stays_in_float_is_not_in_8_bits() -> None:
    pair = Paired.by_us(embedder(), keep_float=["d!"])
    assert [unit.name for unit in quantized_units(pair.forms, pair.units)] == ["c!", "e!", "y!"]


def test_only_nodes_of_the_unit_are_copied() -> None:
    pair = Paired.by_us(embedder())
    unit = pair.units[1]
    twin = Twin(pair.forms, unit, pair.forms.reference.copy())
    layers = [node.input[1] for node in twin.copied_from if node.op_type in DENSE_OPS]
    assert layers == ["d_w_dequantized"]
    assert all(
        any(node is each for each in pair.forms.quantized.nodes) for node in twin.copied_from
    )


def test_the_forms_stay_as_they_were() -> None:
    pair = Paired.by_us(embedder())
    before = pair.forms.reference.digest(), pair.forms.quantized.digest()
    for unit in pair.units:
        alone_quantized(pair.forms, unit)
    assert (pair.forms.reference.digest(), pair.forms.quantized.digest()) == before


def renamed(net: Net) -> Net:
    """The same network, of whose nodes and tensors none is called as it was."""
    changed = net.copy()
    kept = {value.name for value in (*net.inputs, *net.outputs)}
    for at, node in enumerate(changed.nodes):
        node.name = f"n{at}"
        for names in (node.input, node.output):
            names[:] = [name if name in kept or not name else f"{name}_2" for name in names]
    changed.weights = {f"{name}_2": value for name, value in changed.weights.items()}
    return changed


def test_of_a_network_whose_tensors_are_renamed_no_unit_is_told() -> None:
    pair = Paired.by_us(embedder())
    pair = pair.with_form(renamed(pair.forms.quantized))
    run(pair.forms.quantized, pair.images[0])
    assert quantized_units(pair.forms, pair.units) == []
    with pytest.raises(UnpairedError, match="its tensor 'r' has no form in 8 bits by that name"):
        alone_quantized(pair.forms, pair.units[0])


def test_of_tensors_that_are_renamed_nodes_of_the_same_names_tell() -> None:
    pair = Paired.by_us(embedder())
    made = renamed(pair.forms.quantized)
    for node, before in zip(made.nodes, pair.forms.quantized.nodes, strict=True):
        node.name = before.name
    pair = pair.with_form(made)
    assert quantized_units(pair.forms, pair.units) == list(pair.units)
    check_all_alone(pair)


def test_of_onnxruntimes_operator_form_no_unit_between_integers_is_told() -> None:
    net = embedder()
    made = static_by_onnxruntime(net, form=QuantFormat.QOperator)
    pair = Paired.of(net, made)
    assert quantized_units(pair.forms, pair.units) == []
    with pytest.raises(UnpairedError, match="its tensor 'r' has no form in 8 bits by that name"):
        alone_quantized(pair.forms, pair.units[0])
    # The node of the head's input goes by its name, and gives integers.
    with pytest.raises(UnpairedError, match="its tensor 'y_flat' is in 8 bits, and never restored"):
        alone_quantized(pair.forms, pair.units[-1])


def test_what_reads_and_gives_floats_in_operator_form_is_told() -> None:
    made = Made((4, 1, 1))
    made.op("Flatten", ["x"], "f")
    made.gemm("f", "y", 4)
    net = made.net()
    pair = Paired.of(net, static_by_onnxruntime(net, form=QuantFormat.QOperator))
    ops = [node.op_type for node in pair.forms.quantized.nodes]
    assert ops == ["Flatten", "QuantizeLinear", "QGemm", "DequantizeLinear"]
    assert quantized_units(pair.forms, pair.units) == list(pair.units)
    check_all_alone(pair)


def test_of_a_float_network_no_unit_has_a_form_of_its_own() -> None:
    net = embedder()
    pair = Paired.of(net, net)
    assert quantized_units(pair.forms, pair.units) == []


def test_a_form_that_reaches_beyond_its_unit_is_refused() -> None:
    """As where a runtime's op computes two layers in one."""
    net = embedder()
    made = static_by_onnxruntime(net)
    pair = Paired.of(net, made)
    # What the second unit reads goes by another name; behind it lies the whole network.
    changed = made.copy()
    for node in changed.nodes:
        for names in (node.input, node.output):
            names[:] = [f"{name}_2" if name == "r" else name for name in names]
        if "r_2" in node.output:
            node.name = "fused"
    changed.nodes.append(helper.make_node("Identity", ["x"], ["r"]))
    pair = pair.with_form(changed)
    with pytest.raises(UnpairedError, match="'d!' cannot be told from the rest"):
        alone_quantized(pair.forms, pair.units[1])
    assert pair.units[1] not in quantized_units(pair.forms, pair.units)
