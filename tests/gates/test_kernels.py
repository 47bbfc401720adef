"""What a graph quantizes and what runs in integers are two things: placement tells them apart."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from small import DIM, bring, concluded, network, small_catalog, small_work

from suite.catalog.gate import Gate
from suite.gates.acceptance import why_unacceptable
from suite.gates.measures import measured
from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.store import write_section
from suite.judging.kept_limits import kept_limits
from suite.judging.outcome import Outcome

MODE = "int8_static_qdq"
FILTERS, SIDE = 8, 16


def convolutional(*, first: bool, second: bool) -> onnx.ModelProto:
    """Two convolutions and a product in QDQ form.

    onnxruntime makes a QLinearConv of a convolution in QDQ form alone where its output is quantized
    too: what is not ``first`` or ``second`` lacks that, and its Conv runs in float.
    """
    rng = np.random.default_rng(0)
    held: list[onnx.TensorProto] = []
    nodes: list[onnx.NodeProto] = []

    def hold(name: str, values: object) -> str:
        held.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    scale, zero = hold("s", np.float32(1 / 16)), hold("z", np.int8(0))

    def through(name: str) -> str:
        nodes.append(helper.make_node("QuantizeLinear", [name, scale, zero], [f"{name}_q"]))
        nodes.append(
            helper.make_node("DequantizeLinear", [f"{name}_q", scale, zero], [f"{name}_d"])
        )
        return f"{name}_d"

    def weights(name: str, *shape: int) -> str:
        hold(f"{name}_q", rng.integers(-60, 61, shape, dtype=np.int8))
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}_q", scale, zero], [name]))
        return name

    nodes.append(
        helper.make_node(
            "Conv",
            [through("images"), weights("a", FILTERS, 3, 3, 3)],
            ["one"],
            "one",
            pads=[1] * 4,
        )
    )
    if not first:
        nodes.append(helper.make_node("Softsign", ["one"], ["one_f"]))
    nodes.append(
        helper.make_node(
            "Conv",
            [through("one" if first else "one_f"), weights("b", 4, FILTERS, 1, 1)],
            ["two"],
            "two",
        )
    )
    if not second:
        nodes.append(helper.make_node("Softsign", ["two"], ["two_f"]))
    nodes.append(helper.make_node("Flatten", [through("two" if second else "two_f")], ["flat"]))
    product = [through("flat"), weights("w", 4 * SIDE * SIDE, DIM)]
    nodes.append(helper.make_node("MatMul", product, ["e"]))
    through("e")
    nodes.append(helper.make_node("Identity", ["e_d"], ["embedding"]))
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", DIM])],
        held,
    )
    opset = helper.make_opsetid("", 17)
    return helper.make_model(graph, opset_imports=[opset], ir_version=9)


FIRST, SECOND = SIDE * SIDE * 27 * FILTERS, SIDE * SIDE * FILTERS * 4
ALL = FIRST + SECOND + 4 * SIDE * SIDE * DIM


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [(True, True, 1.0), (True, False, 1 - SECOND / ALL), (False, True, 1 - FIRST / ALL)],
)
def test_what_runs_in_float_is_counted_by_its_arithmetic(
    tmp_path: Path, first: bool, second: bool, share: float
) -> None:
    small_catalog(tmp_path, network())
    bring(tmp_path, MODE, convolutional(first=first, second=second))
    work = small_work(tmp_path, MODE)
    # Everything is quantized, as far as the graph goes.
    assert measured(work, Gate.ARTIFACT, None).observed["quantized_share"] == 1.0
    found = measured(work, Gate.PLACEMENT, None)
    assert found.figures["integer_share"] == pytest.approx(share, abs=0.01)
    assert found.remarks == (() if first and second else ("1 of 2 Conv ran in float",))


def test_kernels_in_float_fail_placement_and_accept_nothing(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    bring(tmp_path, MODE, convolutional(first=False, second=True))
    work = small_work(tmp_path, MODE)
    record = concluded(work, Gate.PLACEMENT)
    assert record.outcome is Outcome.FAIL
    assert record.headline.startswith(
        "the kernels are not what the mode claims: Share of claimed arithmetic in integer kernels"
    )
    assert record.notes == ("1 of 2 Conv ran in float",)
    assert record.unacceptable
    assert why_unacceptable(work)
    card = tmp_path / "models" / "small.toml"
    card.write_text(f"{card.read_text()}\n[modes.{MODE}.policy.floor]\ninteger_share = 0.2\n")
    record = concluded(small_work(tmp_path, MODE), Gate.PLACEMENT)
    assert record.headline.startswith("nothing accepted: a baseline ")


def test_nothing_is_said_of_integers_where_nothing_is_claimed(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    found = measured(small_work(tmp_path), Gate.PLACEMENT, None)
    assert not found.figures
    assert not found.remarks
    record = concluded(small_work(tmp_path), Gate.PLACEMENT)
    assert (record.outcome, record.headline) == (Outcome.PASS, "runs where it was asked to")


@pytest.fixture
def eased(tmp_path: Path) -> Path:
    """A catalog whose artifact runs a Conv of two in float, as its card allows."""
    small_catalog(tmp_path, network())
    bring(tmp_path, MODE, convolutional(first=True, second=False))
    card = tmp_path / "models" / "small.toml"
    card.write_text(f"{card.read_text()}\n[modes.{MODE}.policy.floor]\ninteger_share = 0.2\n")
    return tmp_path


def accept(folder: Path, *, by: float = 0.0, section: str = "", **changed: object) -> None:
    """Accept the share that was measured, and more by so much."""
    work = small_work(folder, MODE)
    found = measured(work, Gate.PLACEMENT)
    figures = {"integer_share": found.figures["integer_share"] + by}
    found = found.model_copy(update={"figures": figures})
    entry = entry_document(found, kept_limits(found, work.limits()), {}) | changed
    file = folder / "baselines" / work.bench.profile / "small" / f"{MODE}.json"
    write_section(file, section or found.section, entry)


def test_the_accepted_share_is_held(eased: Path) -> None:
    accept(eased)
    record = concluded(small_work(eased, MODE), Gate.PLACEMENT)
    assert (record.outcome, record.headline) == (Outcome.PASS, "as accepted")
    accept(eased, by=0.01)
    record = concluded(small_work(eased, MODE), Gate.PLACEMENT)
    assert record.outcome is Outcome.FAIL
    assert record.headline.startswith(
        "not as accepted: Share of claimed arithmetic in integer kernels"
    )
    assert record.notes == ("1 of 2 Conv ran in float",)


def test_more_in_integers_than_accepted_is_no_failure(eased: Path) -> None:
    accept(eased, by=-0.01)
    assert concluded(small_work(eased, MODE), Gate.PLACEMENT).outcome is Outcome.PASS


def test_another_minor_version_runs_other_kernels(eased: Path) -> None:
    accept(eased, section="placement.onnxruntime-1.24", by=0.01)
    record = concluded(small_work(eased, MODE), Gate.PLACEMENT)
    assert record.outcome is Outcome.NOT_COMPARED
    assert record.headline.startswith(
        "accepted as placement.onnxruntime-1.24, this is placement.onnxruntime-"
    )


def test_what_an_older_suite_accepted_has_no_share(eased: Path) -> None:
    accept(eased, section="artifact", format=1)
    record = concluded(small_work(eased, MODE), Gate.PLACEMENT)
    assert record.outcome is Outcome.NOT_COMPARED
    assert record.headline.startswith("accepted before this gate existed: placement")
    accept(eased, section="artifact")
    record = concluded(small_work(eased, MODE), Gate.PLACEMENT)
    assert record.outcome is Outcome.FAIL
