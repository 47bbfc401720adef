"""Correcting biases: the mean error of each quantized layer goes into its bias."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from suite.quantization.steps.correct_bias import FEWEST_IMAGES, correct_bias, dequantized
from suite.quantization.steps.net import Net

RNG = np.random.default_rng(0)
SHAPES = {"w": (4, 3, 3, 3), "v": (5, 4 * 4 * 4)}
SCALES = {"x": 0.05, "a": 0.2}


def nodes_between(conv: list[str], gemm: list[str]) -> list[onnx.NodeProto]:
    return [
        helper.make_node("Conv", conv, ["a"]),
        helper.make_node("Relu", ["a"], ["r"]),
        helper.make_node("Flatten", ["r"], ["f"]),
        helper.make_node("Gemm", gemm, ["y"], transB=1),
    ]


def model(nodes: list[onnx.NodeProto], **weights: np.ndarray) -> Net:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 6, 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 5])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    return Net.of(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    )


def reference() -> Net:
    weights = {
        name: RNG.standard_normal(shape).astype(np.float32) for name, shape in SHAPES.items()
    }
    weights |= {"wb": np.ones(4, np.float32), "vb": np.ones(5, np.float32)}
    return model(nodes_between(["x", "w", "wb"], ["f", "v", "vb"]), **weights)


def quantized(net: Net, levels: int) -> Net:
    """The reference with its weights on a few levels, rounded down: an error with a mean."""
    held: dict[str, np.ndarray] = {"zero": np.uint8(0), "middle": np.uint8(128)}
    nodes: list[onnx.NodeProto] = []
    for name, zero in (("x", "middle"), ("f", "zero")):
        held[f"{name}_s"] = np.float32(SCALES.get(name, 0.2))
        pair = [f"{name}_s", zero]
        nodes += [
            helper.make_node("QuantizeLinear", [name, *pair], [f"{name}_q"]),
            helper.make_node("DequantizeLinear", [f"{name}_q", *pair], [f"{name}_dq"]),
        ]
    for name, given in (("w", "x"), ("v", "f")):
        weight, bias = net.weights[name], net.weights[f"{name}b"]
        scale = (np.abs(weight).reshape(len(weight), -1).max(axis=1) / levels).astype(np.float32)
        spread = scale.reshape(-1, *[1] * (weight.ndim - 1))
        held[f"{name}_q"] = np.floor(weight / spread).clip(-128, 127).astype(np.int8)
        held[f"{name}_s"] = scale
        held[f"{name}b_s"] = scale * held[f"{given}_s"]
        held[f"{name}b_q"] = np.rint(bias / held[f"{name}b_s"]).astype(np.int32)
        for each in (name, f"{name}b"):
            parts = [f"{each}_q", f"{each}_s"]
            nodes.append(helper.make_node("DequantizeLinear", parts, [f"{each}_dq"], axis=0))
    conv, relu, flatten, gemm = nodes_between(["x_dq", "w_dq", "wb_dq"], ["f_dq", "v_dq", "vb_dq"])
    order = [*nodes[:2], *nodes[4:], conv, relu, flatten, *nodes[2:4], gemm]
    return model(order, **held)


def images(count: int) -> list[dict[str, np.ndarray]]:
    made = np.random.default_rng(1)
    return [{"x": made.normal(0.7, 1, (8, 3, 6, 6)).astype(np.float32)} for _ in range(count // 8)]


def mean_output(net: Net, name: str, batches: list[dict[str, np.ndarray]]) -> np.ndarray:
    seen = net.copy()
    seen.outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)]
    seen.prune()
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(seen.model().SerializeToString(), options)
    rows = np.concatenate([session.run(None, batch)[0] for batch in batches])
    return np.asarray(rows.mean(axis=(0, *range(2, rows.ndim))))


def test_every_layer_gives_the_mean_of_fp32(tmp_path: Path) -> None:
    fp32 = reference()
    int8 = quantized(fp32, 31)
    batches = images(64)
    corrected = correct_bias(int8, fp32, batches, tmp_path)
    assert (corrected.places, list(tmp_path.iterdir())) == (2, [])
    step = {"a": int8.weights["wb_s"], "y": int8.weights["vb_s"]}
    lost = mean_output(fp32, "a", batches) - mean_output(int8, "a", batches)
    kept = mean_output(fp32, "a", batches) - mean_output(corrected.net, "a", batches)
    assert np.abs(lost).min() > 10 * np.abs(kept).max()
    # The first layer's is exact to the rounding of a bias; behind it the input is another.
    assert np.all(np.abs(kept) <= step["a"] / 2 + 1e-5)
    last = [
        np.abs(mean_output(fp32, "y", batches) - mean_output(net, "y", batches)).mean()
        for net in (int8, corrected.net)
    ]
    assert last[1] < last[0] / 5


def test_few_images_correct_nothing(tmp_path: Path) -> None:
    fp32 = reference()
    few = images(FEWEST_IMAGES - 8)
    assert correct_bias(quantized(fp32, 31), fp32, few, tmp_path).places == 0


def test_a_layer_without_a_bias_gets_one(tmp_path: Path) -> None:
    fp32 = reference()
    del next(node for node in fp32.nodes if node.op_type == "Conv").input[2:]
    int8 = quantized(fp32, 31)
    del next(node for node in int8.nodes if node.op_type == "Conv").input[2:]
    batches = images(64)
    corrected = correct_bias(int8, fp32, batches, tmp_path)
    assert corrected.places == 2
    kept = mean_output(fp32, "a", batches) - mean_output(corrected.net, "a", batches)
    scale = next(v for name, v in corrected.net.weights.items() if name == "a_bias_scale")
    assert np.all(np.abs(kept) <= scale / 2 + 1e-5)


def test_layers_in_float_are_left_alone(tmp_path: Path) -> None:
    fp32 = reference()
    int8 = quantized(fp32, 31)
    for node in int8.nodes:
        if node.op_type in ("Conv", "Gemm"):
            node.input[0] = "x" if node.op_type == "Conv" else "f"
    assert correct_bias(int8, fp32, [], tmp_path).places == 0


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_constants_are_dequantized_along_their_axis(axis: int) -> None:
    values = RNG.integers(-127, 127, (3, 4), dtype=np.int8)
    count = values.shape[axis]
    scale = np.linspace(0.1, 1, count, dtype=np.float32)
    zero = np.arange(count, dtype=np.int8)
    node = helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"], axis=axis)
    graph = helper.make_graph(
        [node],
        "g",
        [],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3, 4])],
        [numpy_helper.from_array(v, n) for n, v in (("q", values), ("s", scale), ("z", zero))],
    )
    whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    expected = ort.InferenceSession(whole.SerializeToString()).run(None, {})[0]
    np.testing.assert_array_equal(dequantized(Net.of(whole), node), expected)
