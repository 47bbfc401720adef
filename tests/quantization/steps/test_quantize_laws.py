"""What holds of every quantized network, on networks drawn at random."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from onnx import helper

from suite.models.arithmetic import DENSE_OPS
from suite.quantization.islands import float_islands
from suite.quantization.steps.net import Net
from tests.support import random_net
from tests.support.drawn_net import BLOCKS, CHANNELS, DRAWN, Drawn
from tests.support.qdq_net import EXACT_LEVELS, Made, images, quantized, run, shapes_of
from tests.support.rewritten import prepared


@given(DRAWN)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_network_stays_near_fp32_and_in_integers(tmp_path: Path, drawn: Drawn) -> None:
    net, layers = drawn.made()
    # -1 stands for the first Conv with its activation; others for a Conv alone.
    names = {} if drawn.kept is None else {-1: "first_conv", **dict(enumerate(layers))}
    keep_float = [names[drawn.kept]] if drawn.kept in names else []
    made = quantized(net, images(net, 8), keep_float=keep_float, reduce_range=drawn.reduce_range)
    check_scales(made)
    # Of the images that gave the ranges, so that nothing is clipped.
    check_loss(net, made, images(net, 8)[0])
    made.save(tmp_path / "net.onnx")
    in_float = [i for i in float_islands(tmp_path / "net.onnx") if i.share]
    if keep_float != ["first_conv"]:
        assert len(in_float) == len(keep_float)


def parts(net: Net) -> dict[str, onnx.NodeProto]:
    return {name: node for node in net.nodes for name in node.output}


def check_loss(net: Net, made: Net, x: np.ndarray) -> None:
    """That no more is lost, optimised or not, than noise of a rounding's size costs FP32."""
    right = run(net, x)
    noisy = [run(disturbed(net, made, x, seed), x) for seed in range(3)]
    for level in EXACT_LEVELS:
        for at, found in enumerate(run(made, x, level)):
            expected = max(float(np.abs(each[at] - right[at]).max()) for each in noisy)
            lost = float(np.abs(found - right[at]).max())
            assert lost <= 4 * expected + 1e-6, f"{lost} is lost at {level}, not {expected}"


def disturbed(net: Net, made: Net, x: np.ndarray, seed: int) -> Net:
    """FP32 with uniform noise of half a step on each tensor and weight that is rounded."""
    rng, twin, shapes = np.random.default_rng(seed), net.copy(), shapes_of(net)
    for name, step in steps_of(made).items():
        noise = rng.uniform(-step / 2, step / 2, shapes[name]).astype(np.float32)
        writer, held = twin.writer(name), twin.add_weight(f"{name}_noise", noise)
        added = helper.make_node("Add", [f"{name}_pure", held], [name])
        if writer is None:
            added = helper.make_node("Add", [name, held], [f"{name}_noisy"])
            for node in twin.readers(name):
                node.input[:] = [f"{name}_noisy" if i == name else i for i in node.input]
            twin.nodes.insert(0, added)
        else:
            writer.output[:] = [f"{name}_pure" if o == name else o for o in writer.output]
            twin.replace(writer, [writer, added])
    # Both have their layers in the same order.
    layers = [[n for n in each.nodes if n.op_type in DENSE_OPS] for each in (net, made)]
    made_by = {name: node for node in made.nodes for name in node.output}
    for before, after in zip(*layers, strict=True):
        restored = made_by.get(after.input[1])
        if restored is not None and restored.op_type == "DequantizeLinear":
            weights, scales = net.weights[before.input[1]], made.weights[restored.input[1]]
            along = [1] * weights.ndim
            along[next(a.i for a in restored.attribute)] = -1
            noise = rng.uniform(-0.5, 0.5, weights.shape) * scales.reshape(along)
            twin.weights[before.input[1]] = (weights + noise).astype(np.float32)
    return twin


def steps_of(made: Net) -> dict[str, float]:
    """The step of each tensor that is rounded to a scale of its own."""
    first: dict[str, str] = {}
    for node in made.nodes:
        if node.op_type == "QuantizeLinear":
            first.setdefault(node.input[1], node.input[0].removesuffix("_unrounded"))
    return {name: float(made.weights[scale]) for scale, name in first.items()}


def check_scales(net: Net) -> None:
    """Scalars for activations; for weights one each along the axis that the layer gives."""
    made_by = parts(net)
    for node in net.nodes:
        if node.op_type == "QuantizeLinear":
            scale, zero = (net.weights[name] for name in node.input[1:])
            assert scale.shape == zero.shape == ()
            assert scale.dtype == np.float32 and scale > 0 and zero.dtype == np.uint8
        if node.op_type not in DENSE_OPS or net.weight(node.input[1]) is not None:
            continue
        restored = made_by[node.input[1]]
        values, scales, zeros = (net.weights[name] for name in restored.input)
        (axis,) = (a.i for a in restored.attribute if a.name == "axis")
        transposed = any(a.name == "transB" and a.i for a in node.attribute)
        assert axis == (0 if node.op_type == "Conv" or transposed else 1)
        assert scales.shape == zeros.shape == (values.shape[axis],)
        assert values.dtype == zeros.dtype == np.int8 and not zeros.any()
        if len(node.input) > 2:
            bias, products, nothing = (net.weights[n] for n in made_by[node.input[2]].input)
            step = net.weights[made_by[node.input[0]].input[1]]
            np.testing.assert_array_equal(products, step * scales)
            assert bias.dtype == np.int32 and not nothing.any()


@given(random_net.networks(largest=4))
@settings(max_examples=12, deadline=None)
def test_what_the_exact_steps_make_is_quantized(drawn: random_net.RandomNet) -> None:
    net = prepared(drawn.net())
    xs = [random_net.images(net, 1, seed) for seed in range(8)]
    made = quantized(net, xs)
    check_scales(made)
    check_loss(net, made, xs[0])


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_no_block_leaves_a_layer_in_float(name: str, tmp_path: Path) -> None:
    made = Made((CHANNELS, 6, 6))
    read = BLOCKS[name](made, made.conv("x", "c"), "t")
    made.head(made.conv(read, "d"))
    quantized(made.net()).save(tmp_path / "net.onnx")
    assert [i for i in float_islands(tmp_path / "net.onnx") if i.share] == []
