"""The network that steps rewrite: what goes in comes out, and what reads a tensor is known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from suite.models.onnx_file import load_whole
from suite.quantization.steps.net import Net

FLOAT = TensorProto.FLOAT


def model(
    nodes: Sequence[onnx.NodeProto],
    outputs: Sequence[str] = ("y",),
    listed: Sequence[str] = (),
    ir: int = 8,
    **weights: np.ndarray,
) -> onnx.ModelProto:
    inputs = [helper.make_tensor_value_info("x", FLOAT, ["n", 3])]
    inputs += [helper.make_tensor_value_info(w, FLOAT, weights[w].shape) for w in listed]
    held = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    given = [helper.make_tensor_value_info(name, FLOAT, ["n", "d"]) for name in outputs]
    graph = helper.make_graph(list(nodes), "g", inputs, given, held)
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir)


def node(op: str, given: Sequence[str], made: str, **rest: object) -> onnx.NodeProto:
    return helper.make_node(op, list(given), [made], **rest)


def run(net: Net | onnx.ModelProto) -> list[np.ndarray]:
    whole = net.model() if isinstance(net, Net) else net
    session = ort.InferenceSession(whole.SerializeToString(), providers=["CPUExecutionProvider"])
    x = np.arange(6, dtype=np.float32).reshape(2, 3) - 2
    return [np.asarray(y) for y in session.run(None, {"x": x})]


ONE = np.float32([1.5])


def test_constants_are_weights_and_the_model_stays_as_it_was() -> None:
    constant = helper.make_node("Constant", [], ["c"], value_float=2.0)
    given = model([constant, node("Mul", ["x", "c"], "m"), node("Add", ["m", "w"], "y")], w=ONE)
    before = given.SerializeToString()
    net = Net.of(given)
    assert [n.op_type for n in net.nodes] == ["Mul", "Add"]
    assert {name: float(value.max()) for name, value in net.weights.items()} == {"w": 1.5, "c": 2.0}
    net.nodes[0].op_type = "Sub"
    assert given.SerializeToString() == before
    np.testing.assert_array_equal(run(Net.of(given))[0], run(given)[0])


def test_weights_that_old_files_list_among_the_inputs_are_constants_and_named() -> None:
    net = Net.of(model([node("Add", ["x", "w"], "y")], listed=["w"], ir=3, w=ONE))
    assert ([i.name for i in net.inputs], net.listed_weights) == (["x"], {"w"})
    onnx.checker.check_model(net.model())
    assert run(net)[0][0, 0] == -0.5


def test_a_copy_is_edited_apart() -> None:
    net = Net.of(model([node("Add", ["x", "w"], "y")], w=ONE))
    copy = net.copy()
    copy.nodes[0].op_type = "Mul"
    copy.weights["w"] = ONE * 2
    copy.replace(copy.nodes[0], [])
    assert (net.nodes[0].op_type, float(net.weights["w"][0])) == ("Add", 1.5)


def branches() -> onnx.ModelProto:
    """An If whose branches read tensors of the outer graph: one by a node, one as its output."""
    inner = helper.make_graph(
        [node("Neg", ["a"], "inside")],
        "then",
        [],
        [helper.make_tensor_value_info("inside", FLOAT, None)],
    )
    other = helper.make_graph(
        [node("Identity", ["b"], "same")],
        "else",
        [],
        [helper.make_tensor_value_info("same", FLOAT, None)],
    )
    chosen = helper.make_node("If", ["yes"], ["y"], then_branch=inner, else_branch=other)
    nodes = [node("Relu", ["x"], "a"), node("Identity", ["x"], "b"), chosen]
    return model(nodes, yes=np.bool_([True]))


def test_graphs_inside_nodes_read_too() -> None:
    net = Net.of(branches())
    assert [reader.op_type for reader in net.readers("a")] == ["If"]
    assert net.only_reader("x") is None
    assert not net.bypass(net.nodes[1]), "what an inner graph reads keeps its name"
    net.prune()
    assert [n.op_type for n in net.nodes] == ["Relu", "Identity", "If"]
    np.testing.assert_array_equal(run(net)[0], run(branches())[0])


@pytest.mark.parametrize(
    ("nodes", "outputs", "left"),
    [
        ([("Identity", "x", "a"), ("Relu", "a", "y")], ["y"], ["Relu"]),
        ([("Relu", "x", "a"), ("Identity", "a", "y")], ["y"], ["Relu"]),
        # Both names are given, or nothing but the input is left: one node has to stay.
        ([("Relu", "x", "a"), ("Identity", "a", "y")], ["y", "a"], ["Relu", "Identity"]),
        ([("Identity", "x", "y")], ["y"], ["Identity"]),
    ],
)
def test_what_changes_nothing_is_bypassed(
    nodes: list[tuple[str, str, str]], outputs: list[str], left: list[str]
) -> None:
    given = model([node(op, [read], made) for op, read, made in nodes], outputs)
    net = Net.of(given)
    done = net.bypass(next(n for n in net.nodes if n.op_type == "Identity"))
    assert ([n.op_type for n in net.nodes], done) == (left, len(left) < len(nodes))
    for after, before in zip(run(net), run(given), strict=True):
        np.testing.assert_array_equal(after, before)


def test_a_tensor_that_is_read_twice_or_given_has_no_only_reader() -> None:
    nodes = [node("Relu", ["x"], "a"), node("Mul", ["a", "a"], "b"), node("Neg", ["b"], "y")]
    net = Net.of(model(nodes, ["y", "b"]))
    assert net.only_reader("a") is None, "one node reads it twice"
    assert net.only_reader("b") is None, "the graph gives it"
    assert net.only_reader("x") is net.nodes[0]


def test_what_nothing_needs_is_dropped() -> None:
    nodes = [node("Add", ["x", "w"], "y"), node("Mul", ["x", "unused"], "z")]
    net = Net.of(model(nodes, w=ONE, unused=ONE))
    net.prune()
    assert (len(net.nodes), list(net.weights)) == (1, ["w"])


def test_fresh_names_are_free() -> None:
    net = Net.of(model([node("Add", ["x", "w"], "y")], w=ONE))
    assert (net.fresh("w"), net.fresh("x"), net.fresh("v")) == ("w_1", "x_1", "v")
    assert net.add_weight("w", ONE) == "w_1"


def test_shapes_are_known_without_the_large_weights() -> None:
    wide = np.zeros((3, 100), np.float32)
    net = Net.of(model([node("MatMul", ["x", "w"], "a"), node("Relu", ["a"], "y")], w=wide))
    shapes = net.shapes((1, 3))
    assert (shapes["a"], shapes["y"], shapes["w"]) == ((1, 100), (1, 100), (3, 100))


@pytest.mark.parametrize("opset", [13, 14, 17])
def test_a_computed_shape_is_followed(opset: int) -> None:
    nodes = [
        node("Shape", ["x"], "s"),
        node("Gather", ["s", "first"], "n"),
        node("Concat", ["n", "rest"], "t", axis=0),
        node("Reshape", ["x", "t"], "y"),
    ]
    given = model(nodes, first=np.int64([0]), rest=np.int64([-1]))
    given.opset_import[0].version = opset
    assert Net.of(given).shapes((1, 3))["y"] == (1, 3)


def test_what_is_saved_is_whole(tmp_path: Path) -> None:
    net = Net.of(model([node("Add", ["x", "w"], "y")], w=ONE))
    net.save(tmp_path / "net.onnx")
    np.testing.assert_array_equal(run(load_whole(tmp_path / "net.onnx"))[0], run(net)[0])
