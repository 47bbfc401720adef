"""PReLU in other ops: found in the forms that exporters write, and only where it is one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from suite.models.onnx_file import load_whole
from suite.quantization.steps.net import Net
from suite.quantization.steps.tidy import tidy
from tests.support.qdq_net import Made
from tests.support.rewritten import ops, rewritten

IMAGE = (3, 2, 4)
SLOPES = np.float32([-0.5, 0.25, 2]).reshape(3, 1, 1)
REAL = Path("../shared/real/mobilefacenet192")


def tensor_flow(net: Made, factor: np.ndarray = SLOPES / 2) -> None:
    net.op("Relu", ["x"], "upper")
    net.op("Abs", ["x"], "size")
    net.op("Sub", ["x", "size"], "lower")
    net.op("Mul", [net.held("a", factor), "lower"], "b")
    net.op("Add", ["upper", "b"], "y")


def slim(net: Made) -> None:
    """With the half that TensorFlow's exporter does not fold."""
    net.op("Relu", ["x"], "upper")
    net.op("Abs", ["x"], "size")
    net.op("Sub", ["x", "size"], "lower")
    net.op("Mul", ["lower", net.held("a", SLOPES)], "b")
    net.op("Mul", ["b", net.held("half", 0.5)], "c")
    net.op("Add", ["c", "upper"], "y")


def keras(net: Made) -> None:
    net.op("Relu", ["x"], "upper")
    net.op("Neg", ["x"], "turned")
    net.op("Relu", ["turned"], "lower")
    net.op("Mul", [net.held("a", -SLOPES), "lower"], "b")
    net.op("Add", ["upper", "b"], "y")


def keras_subtracted(net: Made) -> None:
    keras(net)
    net.held("a", SLOPES)
    net.nodes[-1].op_type = "Sub"


def minimum(net: Made) -> None:
    net.op("Relu", ["x"], "upper")
    net.op("Min", [net.held("zero", 0.0), "x"], "lower")
    net.op("Mul", ["lower", net.held("a", SLOPES[None])], "b")
    net.op("Add", ["b", "upper"], "y")


@pytest.mark.parametrize("form", [tensor_flow, slim, keras, keras_subtracted, minimum])
def test_every_form_becomes_one_op(form: Callable[[Made], None]) -> None:
    made = Made(IMAGE)
    form(made)
    net, places = rewritten(tidy, made.net(), IMAGE)
    assert (ops(net), places) == (["PRelu"], 1)
    np.testing.assert_array_equal(net.weights[net.nodes[0].input[1]], SLOPES)


def test_parts_that_others_read_stay() -> None:
    made = Made(IMAGE)
    tensor_flow(made)
    assert sorted(ops(rewritten(tidy, made.net("y", "lower"), IMAGE)[0])) == ["Abs", "PRelu", "Sub"]


def upside_down(net: Made) -> None:
    """|x| − x."""
    tensor_flow(net)
    net.nodes[2].input[:] = ["size", "x"]


def of_another(net: Made) -> None:
    """The Relu of one tensor, the rest of another."""
    tensor_flow(net)
    net.nodes.insert(0, net.nodes.pop(0))
    net.nodes[0].input[0] = net.op("Sigmoid", ["x"], "s")
    net.nodes.insert(0, net.nodes.pop())


def rest_subtracted_from(net: Made) -> None:
    """The rest less the Relu."""
    tensor_flow(net)
    net.nodes[-1].op_type = "Sub"
    net.nodes[-1].input[:] = ["b", "upper"]


def minimum_of_one(net: Made) -> None:
    minimum(net)
    net.held("zero", 1.0)


def without_a_factor(net: Made) -> None:
    """relu(x) + min(x, 0) is x itself, which is nobody's PReLU."""
    minimum(net)
    net.nodes[-1].input[0] = "lower"


@pytest.mark.parametrize(
    "form", [upside_down, of_another, rest_subtracted_from, minimum_of_one, without_a_factor]
)
def test_what_is_no_prelu_stays(form: Callable[[Made], None]) -> None:
    made = Made(IMAGE)
    form(made)
    net, places = rewritten(tidy, made.net(), IMAGE)
    assert ("PRelu" in ops(net), places) == (False, 0)


@pytest.mark.parametrize("shape", [(2, 3, 1, 1), (1, 1, 3, 1, 1), (2, 1, 1, 1)])
def test_factors_that_no_slope_can_be_stay(shape: tuple[int, ...]) -> None:
    made = Made(IMAGE)
    tensor_flow(made, np.full(shape, 0.5))
    given = made.net()
    assert tidy(given, given.shapes((1, *IMAGE))).places == 0


def test_every_prelu_of_a_real_network_is_found() -> None:
    if not REAL.is_dir():
        pytest.skip(f"{REAL} is not there")
    decomposed, whole = (
        Net.of(load_whole(REAL / f"mobilefacenet192_{form}.onnx"))
        for form in ("decomposed_prelu", "prelu")
    )
    shapes = decomposed.shapes((1, 3, 112, 112))
    found = [n for n in tidy(decomposed, shapes).net.nodes if n.op_type == "PRelu"]
    known = [n for n in whole.nodes if n.op_type == "PRelu"]
    assert len(found) == len(known) == 33
    slopes = tidy(decomposed, shapes).net.weights
    for mine, theirs in zip(found, known, strict=True):
        np.testing.assert_array_equal(
            slopes[mine.input[1]].reshape(-1), whole.weights[theirs.input[1]].reshape(-1)
        )
