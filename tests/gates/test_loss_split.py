"""A loss of cosine is split between the recipe, this runtime's graph optimiser and this CPU."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import helper
from small import DIM, FACES, bring, concluded, dynamic, network, small_catalog, small_work

from suite.catalog.gate import Gate
from suite.gates import loss_split
from suite.gates.acceptance import why_unacceptable
from suite.gates.case_work import CaseWork
from suite.gates.measures import measured
from suite.judging.blame import blamed
from suite.judging.judgement import Judgement
from suite.judging.measured import LossSplit, Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Row
from suite.runtime.embedding import Embedded
from suite.runtime.exactness import multiplies_exactly, sums_exactly
from suite.runtime.sessions import ALL, BASIC

MODE = "int8_static_qdq"
SCALES = np.geomspace(1 / 2000, 1 / 20, DIM, dtype=np.float32)
INTEGERS = np.random.default_rng(1).integers(-60, 61, (DIM, DIM), dtype=np.int8)


def fp32() -> onnx.ModelProto:
    """A projection, and a square matrix whose rows differ in size."""
    node = helper.make_node("MatMul", ["e", "square"], ["embedding"])
    return network(node, square=INTEGERS * SCALES[:, np.newaxis])


def in_qdq(*, axis: int = 0, step: float = 1 / 32) -> onnx.ModelProto:
    """The same with its last product in QDQ form.

    A scale for each row of the matrix (``axis`` 0) is FP32's to the last digit, and nothing that
    onnxruntime 1.32 can fuse: its QLinearMatMul takes the scales for those of the columns.
    """
    held = {"step": np.float32(step), "middle": np.uint8(128), "integers": INTEGERS}
    scales, zeros = (SCALES, np.zeros(DIM, np.int8)) if axis == 0 else _by_columns()
    if axis == 1:
        real = INTEGERS * SCALES[:, np.newaxis]
        held["integers"] = np.round(real / scales).astype(np.int8)
    nodes = [
        helper.make_node("QuantizeLinear", ["e", "step", "middle"], ["e_q"]),
        helper.make_node("DequantizeLinear", ["e_q", "step", "middle"], ["e_d"]),
        helper.make_node("DequantizeLinear", ["integers", "scales", "zeros"], ["m"], axis=axis),
        helper.make_node("MatMul", ["e_d", "m"], ["embedding"]),
    ]
    return network(*nodes, scales=scales, zeros=zeros, **held)


def _by_columns() -> tuple[np.ndarray, np.ndarray]:
    real = INTEGERS * SCALES[:, np.newaxis]
    # 7 bits, of which two products of 16 bits hold the sum on every CPU.
    return (abs(real).max(axis=0) / 63).astype(np.float32), np.zeros(DIM, np.int8)


def work_on(folder: Path, artifact: onnx.ModelProto) -> CaseWork:
    small_catalog(folder, fp32(), top="untrained = true\n")
    bring(folder, MODE, artifact)
    return small_work(folder, MODE)


def test_a_loss_of_the_recipe_is_told_with_its_share(tmp_path: Path) -> None:
    work = work_on(tmp_path, in_qdq(axis=1, step=0.5))
    record = concluded(work, Gate.FIDELITY)
    assert record.outcome is Outcome.FAIL
    assert record.headline.startswith("quantization costs too much: ")
    known = measured(work, Gate.FIDELITY, FACES).observed
    recipe = 1 - known["unoptimised_cosine_mean"]
    assert recipe > 0.02
    assert abs(known["unoptimised_cosine_mean"] - known["sampled_cosine_mean"]) < 0.005
    assert f"of 64 faces the recipe costs {recipe:.4f}, this runtime " in record.headline


@pytest.fixture
def _exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CPU that adds exactly; of these integers any does."""
    monkeypatch.setattr(loss_split, "sums_exactly", lambda: True)


@pytest.mark.usefixtures("_exact")
def test_a_graph_that_the_optimiser_computes_otherwise_blames_it(tmp_path: Path) -> None:
    work = work_on(tmp_path, in_qdq(axis=0))
    record = concluded(work, Gate.FIDELITY)
    assert record.outcome is Outcome.FAIL
    assert record.headline.startswith(f"{loss_split.FUSION} costs too much: ")
    known = measured(work, Gate.FIDELITY, FACES).observed
    assert known["unoptimised_cosine_mean"] > 0.99
    assert known["basic_cosine_mean"] == pytest.approx(known["unoptimised_cosine_mean"], abs=1e-4)
    assert known["unoptimised_fp32_cosine_mean"] == pytest.approx(1.0, abs=1e-5)
    assert known["sampled_cosine_mean"] < 0.9
    # The artifact's gate names what is wrong with the file itself.
    assert "32 scales along axis 0 of weights" in why_unacceptable(small_work(tmp_path, MODE))


def test_kernels_that_saturate_are_blamed_where_they_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss_split, "sums_exactly", lambda: False)
    record = concluded(work_on(tmp_path, in_qdq(axis=0)), Gate.FIDELITY)
    assert record.headline.startswith(f"{loss_split.KERNELS} costs too much: ")


@pytest.mark.parametrize("of", ["artifact", "fp32"])
def test_the_basic_level_and_fp32_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    """No graph is known that this onnxruntime's basic level breaks: such a session is made up."""
    work = work_on(tmp_path, in_qdq(axis=1))
    honest = CaseWork.embed_with_norms

    def embed(
        self: CaseWork,
        *given: object,
        level: ort.GraphOptimizationLevel = ALL,
        **named: object,
    ) -> Embedded:
        found = honest(self, *given, level=level, **named)
        broken = self.mode.is_fp32 == (of == "fp32") and level in (BASIC, ALL)
        return replace(found, units=np.roll(found.units, 1, axis=1)) if broken else found

    monkeypatch.setattr(CaseWork, "embed_with_norms", embed)
    found = measured(work, Gate.FIDELITY, FACES)
    assert found.split is not None
    expected = loss_split.OPTIMISED_FP32 if of == "fp32" else loss_split.OPTIMISER
    assert found.split.culprit == expected
    assert ("basic_cosine_mean" in found.observed) == (of == "artifact")


def test_a_healthy_mode_costs_one_session_more(tmp_path: Path) -> None:
    work = work_on(tmp_path, in_qdq(axis=1))
    found = measured(work, Gate.FIDELITY, FACES)
    assert found.split is not None
    assert (found.split.faces, found.split.culprit, found.split.reason) == (64, "", "")
    assert set(found.observed) == {
        *("unoptimised_cosine_mean", "unoptimised_cosine_worst"),
        *("sampled_cosine_mean", "sampled_cosine_worst"),
        "score_change_99th_percentile",
    }
    # The face that is farthest from FP32 is among them.
    assert found.observed["sampled_cosine_worst"] == found.figures["cosine_worst"]


def test_integers_as_written_cannot_be_told_apart(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    bring(tmp_path, "int8_dynamic", dynamic(tmp_path))
    found = measured(small_work(tmp_path, "int8_dynamic"), Gate.FIDELITY, FACES)
    assert found.split is not None
    assert found.split.reason.startswith("the file has MatMulInteger, which run in integers")
    assert set(found.observed) == {"score_change_99th_percentile"}


@pytest.mark.usefixtures("_exact")
def test_verification_blames_whom_fidelity_does(tmp_path: Path) -> None:
    work_on(tmp_path, in_qdq(axis=0))
    card = tmp_path / "models" / "small.toml"
    limit = f"\n[modes.{MODE}.policy.floor]\nroc_auc = 1.0\naccuracy = 1.0\n"
    card.write_text(card.read_text() + limit)
    record = concluded(small_work(tmp_path, MODE), Gate.VERIFICATION)
    assert record.outcome is Outcome.FAIL
    assert record.headline.startswith(f"{loss_split.FUSION} costs too much: ")
    assert "of the mean cosine of 64 faces the recipe costs" in record.headline


def test_a_failure_that_cannot_be_split_says_so(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    bring(tmp_path, "int8_dynamic", dynamic(tmp_path))
    card = tmp_path / "models" / "small.toml"
    limit = "\n[modes.int8_dynamic.policy.floor]\ncosine_mean = 1.0\n"
    card.write_text(card.read_text() + limit)
    record = concluded(small_work(tmp_path, "int8_dynamic"), Gate.FIDELITY)
    assert record.outcome is Outcome.FAIL
    assert "recipe and this runtime cost cannot be told apart: the file has" in record.headline


def with_conv_integer() -> onnx.ModelProto:
    """The small network with a convolution of integers beside it, whose sums count for nothing."""
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["images"], ["q", "s", "z"]),
        helper.make_node("ConvInteger", ["q", "one", "z"], ["sums"], name="sums"),
        helper.make_node("Cast", ["sums"], ["floats"], to=onnx.TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
        helper.make_node("Unsqueeze", ["zero", "axis"], ["zeros"]),
        helper.make_node("Add", ["e", "zeros"], ["embedding"]),
    ]
    weights = np.ones((1, 3, 1, 1), np.uint8)
    return network(*nodes, one=weights, nothing=np.float32(0), axis=np.int64([1]))


def test_a_runtime_that_multiplies_wrongly_is_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_catalog(tmp_path, network())
    bring(tmp_path, "int8_dynamic", with_conv_integer())
    monkeypatch.setattr(loss_split, "multiplies_exactly", lambda: False)
    found = measured(small_work(tmp_path, "int8_dynamic"), Gate.FIDELITY, FACES)
    assert found.split is not None and found.split.culprit == loss_split.WRONG


def test_a_headline_says_which_onnxruntime_multiplies_right() -> None:
    of = Measured(
        section="fidelity.set",
        identity={},
        figures={"cosine_mean": 0.6},
        split=LossSplit(reason="it runs in integers", culprit=loss_split.WRONG),
    )
    row = Row(
        metric="cosine_mean",
        against=Against.FLOOR,
        reference=None,
        measured=0.6,
        difference=None,
        limit=0.99,
        outcome=Outcome.FAIL,
    )
    judged = blamed(Judgement(Outcome.FAIL, "it fails", (row,)), of)
    assert judged.headline == (
        "it fails; install a newer onnxruntime: 1.25 and later multiply as the file says"
    )


def test_this_runtime_multiplies_exactly_unless_it_is_old_and_the_cpu_has_amx() -> None:
    from suite.runtime.profile import cpu_profile

    old = tuple(map(int, ort.__version__.split(".")[:2])) < (1, 25)
    assert multiplies_exactly() == (not (old and cpu_profile() == "cpu-amx"))


def test_this_cpu_adds_exactly_where_it_has_vnni() -> None:
    from suite.runtime.profile import cpu_profile

    assert sums_exactly() == (cpu_profile() != "cpu-avx2")
