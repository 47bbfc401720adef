"""The same faces get the same embeddings, whatever their neighbours in the batch."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from small import FACES, bring, concluded, dynamic, faithful, network, small_catalog, small_work

from suite.catalog.gate import Gate
from suite.gates.acceptance import why_unacceptable
from suite.gates.measures import measured
from suite.judging.outcome import Outcome

MODE = "int8_static_qdq"


def of_the_batch(share: float) -> onnx.ModelProto:
    """A part of the batch's mean is taken off, as statistics over the batch do."""
    nodes = [
        helper.make_node("ReduceMean", ["e"], ["mean"], axes=[0], keepdims=1),
        helper.make_node("Mul", ["mean", "share"], ["part"]),
        helper.make_node("Sub", ["e", "part"], ["embedding"]),
    ]
    return network(*nodes, share=np.float32([share]))


def turned() -> onnx.ModelProto:
    """Each face gets the embedding of the one at the other end of the batch."""
    node = helper.make_node("Slice", ["e", "end", "start", "axis", "back"], ["embedding"])
    ends = {"end": [-1], "start": [-(2**31)], "axis": [0], "back": [-1]}
    return network(node, **{name: np.int64(value) for name, value in ends.items()})


def test_a_network_that_looks_at_each_face_alone_passes(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    record = concluded(small_work(tmp_path), Gate.BEHAVIOUR)
    assert record.outcome is Outcome.PASS, record.headline
    assert record.measured and record.measured.differences["batch_difference"] < 1e-6
    (row,) = record.rows
    assert (row.against.label, row.limit, row.held_to) == ("itself", 0.001, None)


@pytest.mark.parametrize("share", [0.5, 0.02])
def test_an_fp32_that_depends_on_its_neighbours_is_refused_and_int8_not_blamed(
    tmp_path: Path, share: float
) -> None:
    small_catalog(tmp_path, of_the_batch(share))
    bring(tmp_path, MODE, faithful())
    fp32, int8 = small_work(tmp_path), small_work(tmp_path, MODE)
    fault = "the same faces get other embeddings: Distance to the same faces in other batches 0."
    record = concluded(fp32, Gate.BEHAVIOUR)
    assert record.outcome is Outcome.FAIL
    assert record.headline.startswith(fault)
    assert record.headline.endswith(", of which 0.001 is the most allowed")
    assert record.unacceptable
    for work in (fp32, int8):
        assert why_unacceptable(work).startswith(f"behaviour of fp32: {fault}")
        assert "ease batch_difference of [modes.fp32.tolerances] in small.toml" in why_unacceptable(
            work
        )
    assert concluded(int8, Gate.BEHAVIOUR).outcome is Outcome.PASS
    assert concluded(int8, Gate.FIDELITY).headline.startswith(
        f"nothing can be held against FP32: {fault}"
    )


def test_embeddings_that_change_places_in_the_batch_are_seen(tmp_path: Path) -> None:
    small_catalog(tmp_path, turned())
    record = concluded(small_work(tmp_path), Gate.BEHAVIOUR)
    assert record.measured and record.measured.differences["batch_difference"] > 0.1


def test_a_dynamic_artifact_brought_as_static_is_named(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    bring(tmp_path, MODE, dynamic(tmp_path))
    record = concluded(small_work(tmp_path, MODE), Gate.BEHAVIOUR)
    assert record.outcome is Outcome.FAIL, record.measured
    (cause,) = record.notes
    assert "DynamicQuantizeLinear takes its scale over the whole batch" in cause
    # The mode's card, or the model's, may allow it.
    card = tmp_path / "models" / "small.toml"
    card.write_text(f"{card.read_text()}\n[modes.{MODE}.tolerances]\nbatch_difference = 0.5\n")
    assert concluded(small_work(tmp_path, MODE), Gate.BEHAVIOUR).outcome is Outcome.PASS


def test_a_batch_dependent_mode_has_nothing_to_compare(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    bring(tmp_path, "int8_dynamic", dynamic(tmp_path))
    record = concluded(small_work(tmp_path, "int8_dynamic"), Gate.BEHAVIOUR)
    assert record.outcome is Outcome.NOT_APPLICABLE
    assert "evaluated one image at a time: it is batch_dependent" in record.headline


@pytest.mark.parametrize("batch", [1, 6])
def test_a_fixed_batch_has_no_other(tmp_path: Path, batch: int) -> None:
    small_catalog(tmp_path, network(batch=batch))
    record = concluded(small_work(tmp_path), Gate.BEHAVIOUR)
    assert record.outcome is Outcome.NOT_APPLICABLE
    assert record.headline == f"the graph is fixed at a batch of {batch}"
    assert not why_unacceptable(small_work(tmp_path))


def test_nan_is_no_difference_of_nothing(tmp_path: Path) -> None:
    node = helper.make_node("Div", ["e", "nothing"], ["embedding"])
    small_catalog(tmp_path, network(node, nothing=np.float32([0])))
    record = concluded(small_work(tmp_path), Gate.BEHAVIOUR)
    assert record.headline == "NaN or infinity in 12 of 12 embeddings"
    assert record.unacceptable


def test_a_few_faces_are_enough(tmp_path: Path) -> None:
    small_catalog(tmp_path, of_the_batch(1.0))
    work = small_work(tmp_path)
    counts: list[int] = []
    embed = work.embed

    def counted(faces: tuple, label: str, **rest: int) -> np.ndarray:
        counts.append(len(faces))
        return embed(faces, label, **rest)

    work.embed = counted
    measured(work, Gate.BEHAVIOUR)
    measured(work, Gate.BEHAVIOUR)
    assert sum(counts) <= 44
    assert FACES not in work._embeddings
