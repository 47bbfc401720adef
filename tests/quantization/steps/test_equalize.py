"""Equalizing: which channels are scaled together, by how much, and that FP32 stays as it was."""

from collections.abc import Sequence

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from suite.quantization.steps.channels import Channels
from suite.quantization.steps.equalize import equalize, equalized_tensors
from suite.quantization.steps.net import Net

RNG = np.random.default_rng(0)
IMAGE = (1, 3, 6, 6)
Nodes = Sequence[onnx.NodeProto]


def conv(given: str, weight: str, made: str, **rest: object) -> onnx.NodeProto:
    return helper.make_node("Conv", [given, weight], [made], **rest)


def op(op_type: str, given: Sequence[str], made: str, **rest: object) -> onnx.NodeProto:
    return helper.make_node(op_type, list(given), [made], **rest)


def net_of(nodes: Nodes, *outputs: str, **weights: np.ndarray) -> Net:
    held = {name: value.astype(np.float32) for name, value in weights.items()}
    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, IMAGE)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in held.items()],
    )
    opsets = [helper.make_opsetid("", 17)]
    return Net.of(helper.make_model(graph, opset_imports=opsets, ir_version=8))


def dense(outputs: int, inputs: int, side: int = 1) -> np.ndarray:
    return RNG.standard_normal((outputs, inputs, side, side))


def run(net: Net) -> list[np.ndarray]:
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(net.model().SerializeToString(), options)
    image = np.random.default_rng(1).standard_normal(IMAGE).astype(np.float32)
    return [np.asarray(value) for value in session.run(None, {"x": image})]


def equalized(net: Net, peaks: dict[str, np.ndarray] | None = None) -> Net:
    shapes = net.shapes(IMAGE)
    made = np.random.default_rng(2)
    asked = {
        name: np.exp(made.normal(0, 2, shapes[name][1])) for name in equalized_tensors(net, shapes)
    }
    assert asked, "nothing could be equalized"
    rewritten = equalize(net, shapes, peaks or asked)
    assert rewritten.places
    return rewritten.net


# Every network has a Conv to "a" of four channels, and a Conv or Gemm that gives "y".
BEHIND: dict[str, tuple[Nodes, dict[str, np.ndarray]]] = {
    "a chain": ([op("Relu", "a", "b"), conv("b", "v", "y")], {"v": dense(2, 4, 3)}),
    "PReLU": (
        [op("PRelu", ["a", "s"], "b"), conv("b", "v", "y")],
        {"s": RNG.standard_normal((4, 1, 1)), "v": dense(2, 4)},
    ),
    "depthwise": (
        [conv("a", "d", "b", group=4), op("Relu", "b", "c"), conv("c", "v", "y")],
        {"d": dense(8, 1, 3), "v": dense(2, 8)},
    ),
    "groups": (
        [conv("a", "d", "b", group=2), conv("b", "v", "y")],
        {"d": dense(6, 2, 3), "v": dense(2, 6)},
    ),
    "a residual": (
        [conv("a", "d", "b"), op("Add", ["a", "b"], "c"), conv("c", "v", "y")],
        {"d": dense(4, 4), "v": dense(2, 4)},
    ),
    "a concat": (
        [
            conv("x", "d", "b"),
            op("Concat", ["a", "b", "a"], "c", axis=1),
            op("Relu", "c", "e"),
            conv("e", "v", "y"),
        ],
        {"d": dense(2, 3), "v": dense(2, 10)},
    ),
    "a concat of concats": (
        [
            op("Concat", ["a", "a"], "b", axis=1),
            op("Concat", ["b", "a"], "c", axis=1),
            conv("c", "v", "y"),
        ],
        {"v": dense(2, 12)},
    ),
    "pools and zeros": (
        [
            op("Pad", ["a", "p"], "b"),
            op("MaxPool", "b", "c", kernel_shape=[2, 2]),
            op("AveragePool", "c", "e", kernel_shape=[2, 2]),
            conv("e", "v", "y"),
        ],
        {"v": dense(2, 4)},
    ),
    "a head": (
        [op("Flatten", "a", "b"), op("Gemm", ["b", "v", "bias"], "y", transB=1)],
        {"v": RNG.standard_normal((5, 144)), "bias": RNG.standard_normal(5)},
    ),
    "a head the other way": (
        [op("GlobalAveragePool", "a", "b"), op("Flatten", "b", "c"), op("Gemm", ["c", "v"], "y")],
        {"v": RNG.standard_normal((4, 5))},
    ),
    "a bias by hand": (
        [op("Add", ["t", "a"], "b"), conv("b", "v", "y")],
        {"t": RNG.standard_normal((4, 1, 1)), "v": dense(2, 4)},
    ),
}


def behind(name: str) -> Net:
    nodes, weights = BEHIND[name]
    first = [helper.make_node("Conv", ["x", "w", "wb"], ["a"])]
    net = net_of([*first, *nodes], "y", w=dense(4, 3), wb=RNG.standard_normal(4), **weights)
    if name == "pools and zeros":
        net.weights["p"] = np.int64([0, 0, 1, 1, 0, 0, 1, 1])
    return net


@pytest.mark.parametrize("name", BEHIND)
def test_the_network_computes_the_same(name: str) -> None:
    net = behind(name)
    before = {weight: value.copy() for weight, value in net.weights.items()}
    after = equalized(net)
    expected = run(net)[0]
    np.testing.assert_allclose(run(after)[0], expected, atol=2e-6 * np.abs(expected).max())
    assert not np.array_equal(after.weights["w"], net.weights["w"])
    assert all(np.array_equal(net.weights[weight], before[weight]) for weight in before)


def test_scales_are_as_the_formula_says() -> None:
    # R = 4 and 1, M = 1 and 1/4 of rows divided by their own maximum, so s = (1/2, 1/2) · c
    # for alpha = 1/2: M^½ / R^½ = 1/2 and 1/2. With alpha = 1 it is 1/4 and 1, over their mean.
    net = net_of(
        [conv("x", "w", "a"), op("Relu", "a", "b"), conv("b", "v", "y")],
        "y",
        w=np.ones((2, 3, 1, 1)),
        v=np.float32([[8, 2], [4, 1]]).reshape(2, 2, 1, 1),
    )
    shapes = net.shapes(IMAGE)
    assert equalized_tensors(net, shapes) == ["b"], "a is quantized after its Relu"
    peaks = {"b": np.float64([4, 1])}
    assert equalize(net, shapes, peaks).places == 0
    scaled = equalize(net, shapes, peaks, alpha=1).net
    np.testing.assert_allclose(scaled.weights["w"].reshape(2, 3), [[0.5] * 3, [2.0] * 3])
    np.testing.assert_allclose(scaled.weights["v"].reshape(2, 2), [[16, 1], [8, 0.5]])


def test_channels_that_only_depthwise_layers_read_become_alike() -> None:
    net = net_of(
        [conv("x", "w", "a"), conv("a", "d", "b", group=2), conv("b", "v", "y")],
        "y",
        w=np.ones((2, 3, 1, 1)),
        d=np.float32([1, 100]).reshape(2, 1, 1, 1),
        v=np.ones((1, 2, 1, 1)),
    )
    shapes = net.shapes(IMAGE)
    scaled = equalize(net, shapes, {"a": np.float64([16, 1]), "b": np.float64([1, 1])}).net
    np.testing.assert_allclose(scaled.weights["w"].reshape(2, 3), [[0.25] * 3, [4.0] * 3])
    np.testing.assert_allclose(scaled.weights["d"].ravel(), [4, 25])


def test_dead_channels_and_outliers_are_bounded() -> None:
    net = behind("a chain")
    peaks = {"b": np.float64([0, 1e-30, 1, 1e6])}
    scaled = equalize(net, net.shapes(IMAGE), peaks).net
    ratio = scaled.weights["w"] / net.weights["w"]
    assert ratio.min() > 1 / 65 and ratio.max() < 65
    still = equalize(net, net.shapes(IMAGE), {"b": np.zeros(4)})
    assert np.isfinite(still.net.weights["w"]).all()


# What lies between the two Convs, and why its channels must not be scaled.
FROZEN: dict[str, tuple[Nodes, dict[str, np.ndarray]]] = {
    "Clip is not homogeneous": ([op("Clip", ["a", "zero", "six"], "b")], {}),
    "a gate": ([op("Sigmoid", "a", "g"), op("Mul", ["a", "g"], "b")], {}),
    "another order of axes": (
        [
            op("Transpose", "a", "t", perm=[0, 2, 1, 3]),
            op("Transpose", "t", "b", perm=[0, 2, 1, 3]),
        ],
        {},
    ),
    "an Add that broadcasts": ([op("GlobalAveragePool", "a", "g"), op("Add", ["a", "g"], "b")], {}),
    "a constant by pixel": ([op("Add", ["a", "t"], "b")], {"t": RNG.standard_normal((6, 6))}),
    "a Pad that is not zero": ([op("Pad", ["a", "p", "one"], "b")], {"one": np.float32(1)}),
    "a Concat of pixels": ([op("Concat", ["a", "a"], "b", axis=2)], {}),
}


@pytest.mark.parametrize("name", FROZEN)
def test_what_is_not_known_to_scale_is_left_alone(name: str) -> None:
    nodes, weights = FROZEN[name]
    net = net_of(
        [conv("x", "w", "a"), *nodes, conv("b", "v", "y")],
        "y",
        w=dense(4, 3),
        v=dense(2, 4),
        zero=np.float32(0),
        six=np.float32(6),
        **weights,
    )
    net.weights["p"] = np.int64([0, 0, 1, 1, 0, 0, 1, 1])
    assert equalized_tensors(net, net.shapes(IMAGE)) == []


def test_outputs_and_shared_weights_are_left_alone() -> None:
    given = net_of(
        [conv("x", "w", "a"), conv("a", "v", "y")], "y", "a", w=dense(4, 3), v=dense(2, 4)
    )
    assert equalized_tensors(given, given.shapes(IMAGE)) == []
    shared = net_of(
        [conv("x", "w", "a"), conv("a", "v", "b"), conv("b", "v", "y")],
        "y",
        w=dense(4, 3),
        v=dense(4, 4),
    )
    assert equalized_tensors(shared, shared.shapes(IMAGE)) == []


def test_a_frozen_operand_freezes_what_is_added_to_it_wherever_it_comes() -> None:
    # The second operand is frozen by an output that lies behind the Add.
    net = net_of(
        [
            conv("x", "w", "a"),
            conv("x", "u", "b"),
            op("Add", ["a", "b"], "c"),
            op("Concat", ["c", "a"], "e", axis=1),
            conv("e", "v", "y"),
            op("Sigmoid", "b", "z"),
        ],
        "y",
        "z",
        w=dense(4, 3),
        u=dense(4, 3),
        v=dense(2, 8),
    )
    assert not Channels(net, net.shapes(IMAGE)).groups()
