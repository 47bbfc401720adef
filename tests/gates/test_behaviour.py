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
    assert record.measured.differences["repeat_difference"] == 0
    assert [(row.metric, row.against.label, row.limit, row.held_to) for row in record.rows] == [
        ("repeat_difference", "itself", 0.0, None),
        ("batch_difference", "itself", 0.001, None),
    ]


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
    assert record.outcome is Outcome.PASS
    assert record.measured and list(record.measured.differences) == ["repeat_difference"]
    assert "evaluated one image at a time: it is batch_dependent" in record.notes[0]


@pytest.mark.parametrize("batch", [1, 6])
def test_a_fixed_batch_has_no_other(tmp_path: Path, batch: int) -> None:
    small_catalog(tmp_path, network(batch=batch))
    record = concluded(small_work(tmp_path), Gate.BEHAVIOUR)
    assert record.outcome is Outcome.PASS
    assert record.measured and list(record.measured.differences) == ["repeat_difference"]
    assert record.notes == (f"the graph is fixed at a batch of {batch}",)
    assert not why_unacceptable(small_work(tmp_path))


def test_nan_is_no_difference_of_nothing(tmp_path: Path) -> None:
    node = helper.make_node("Div", ["e", "nothing"], ["embedding"])
    small_catalog(tmp_path, network(node, nothing=np.float32([0])))
    record = concluded(small_work(tmp_path), Gate.BEHAVIOUR)
    assert record.headline == (
        "NaN or infinity in the embedding of black, white, noise and saturated images"
    )
    assert record.unacceptable


def test_a_few_faces_are_enough(tmp_path: Path) -> None:
    small_catalog(tmp_path, of_the_batch(0.9))
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
    assert FACES not in work._embedded


def dropped_out() -> onnx.ModelProto:
    """A Dropout that was exported in training mode."""
    node = helper.make_node("Dropout", ["e", "share", "training"], ["embedding"], name="drop")
    return network(node, share=np.float32(0.1), training=np.bool_(True))


def noised() -> onnx.ModelProto:
    """Noise is added in every run."""
    nodes = [
        helper.make_node("RandomNormalLike", ["e"], ["noise"], scale=0.01),
        helper.make_node("Add", ["e", "noise"], ["embedding"]),
    ]
    return network(*nodes)


@pytest.mark.parametrize("model", [dropped_out(), noised()], ids=["Dropout", "RandomNormalLike"])
def test_what_is_random_is_seen_and_named(tmp_path: Path, model: onnx.ModelProto) -> None:
    small_catalog(tmp_path, model)
    record = concluded(small_work(tmp_path), Gate.BEHAVIOUR)
    assert record.outcome is Outcome.FAIL
    assert record.headline.startswith("the same faces get other embeddings: Change of the same")
    ways, cause = record.notes
    assert "run again, loaded again, by two threads at a time, in bound memory" in ways
    assert cause.startswith(f"likely cause: {model.graph.node[2].op_type} ")
    assert record.unacceptable


def of_pixels(*nodes: onnx.NodeProto, **weights: np.ndarray) -> onnx.ModelProto:
    """The embedding and, in ``mean``, the image's mean pixel, of which ``nodes`` make its scale."""
    mean = helper.make_node("ReduceMean", ["flat"], ["mean"], axes=[1], keepdims=1)
    scaled = helper.make_node("Mul", ["e", "scale"], ["embedding"])
    return network(mean, *nodes, scaled, **weights)


def test_infinity_on_a_white_image_alone_is_named(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Sub", ["one", "mean"], ["left"]),
        helper.make_node("Div", ["one", "left"], ["scale"]),
    ]
    small_catalog(tmp_path, of_pixels(*nodes, one=np.float32([1])))
    record = concluded(small_work(tmp_path), Gate.BEHAVIOUR)
    assert record.outcome is Outcome.FAIL
    assert record.headline == "NaN or infinity in the embedding of a white image"


def test_an_artifact_that_collapses_on_a_black_image_is_named(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    nodes = [
        helper.make_node("Add", ["mean", "one"], ["above"]),
        helper.make_node("Clip", ["above", "least", "most"], ["scale"]),
    ]
    limits = {"one": [1.01], "least": 0.0, "most": 1.0}
    bring(tmp_path, MODE, of_pixels(*nodes, **{k: np.float32(v) for k, v in limits.items()}))
    record = concluded(small_work(tmp_path, MODE), Gate.BEHAVIOUR)
    assert record.outcome is Outcome.FAIL
    assert record.headline.startswith("the embedding of a black image has length ")
    assert record.headline.endswith(" in FP32: it collapsed")


def test_an_fp32_that_gives_nothing_on_a_grey_image_is_doubted(tmp_path: Path) -> None:
    nodes = [helper.make_node("Add", ["mean", "one"], ["scale"])]
    small_catalog(tmp_path, of_pixels(*nodes, one=np.float32([1])))
    record = concluded(small_work(tmp_path), Gate.BEHAVIOUR)
    assert record.outcome is Outcome.PASS
    (doubt,) = record.measured.doubts if record.measured else ()
    assert doubt.startswith("the embedding of a black image has length 0")


@pytest.mark.parametrize(("within", "outcome"), [(0.01, Outcome.PASS), (1e-6, Outcome.FAIL)])
def test_a_provider_that_chooses_kernels_by_timing_may_repeat_nearly(
    tmp_path: Path, within: float, outcome: Outcome
) -> None:
    nodes = [
        helper.make_node("RandomNormalLike", ["e"], ["noise"], scale=1e-4),
        helper.make_node("Add", ["e", "noise"], ["embedding"]),
    ]
    small_catalog(tmp_path, network(*nodes))
    work = small_work(tmp_path)
    update = {"repeats_within": within}
    work.bench.provider = work.bench.provider.model_copy(update=update)
    assert concluded(work, Gate.BEHAVIOUR).outcome is outcome
