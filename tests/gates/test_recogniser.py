"""An FP32 that is no recogniser is never accepted, and INT8 is not blamed for it."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from small import FACES, bring, concluded, faithful, network, small_catalog, small_work

from suite.catalog.gate import Gate
from suite.datasets.images.decoder import decode
from suite.datasets.preprocessing import prepare
from suite.gates.acceptance import why_unacceptable
from suite.gates.measures import measured

PUBLISHED = '\n[published]\naccuracy = 0.9999\ndataset = "LFW"\nsource = "the authors"\n'
MODE = "int8_static_qdq"


def brightness(folder: Path) -> np.ndarray:
    """The mean of each face's input, sorted."""
    work = small_work(folder)
    faces = work.bench.dataset(FACES).faces
    images = [decode(face.read(), face.name) for face in faces]
    tensor = prepare(images, work.model.preprocess)
    return np.sort(tensor.reshape(len(images), -1).astype(np.float64).mean(axis=1))


def one_answer() -> onnx.ModelProto:
    """Whatever the face, the same embedding."""
    nodes = [
        helper.make_node("Mul", ["e", "nothing"], ["z"]),
        helper.make_node("Add", ["z", "answer"], ["embedding"]),
    ]
    answer = np.random.default_rng(3).standard_normal(32).astype(np.float32)
    return network(*nodes, nothing=np.float32([0]), answer=answer)


def for_the_darkest(folder: Path, count: int, answer: float) -> onnx.ModelProto:
    """The darkest faces get the same answer in each component."""
    means = brightness(folder)
    nodes = [
        helper.make_node("ReduceMean", ["flat"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Less", ["mean", "dark"], ["is_dark"]),
        helper.make_node("Where", ["is_dark", "answer", "e"], ["embedding"]),
    ]
    dark = np.float32([(means[count - 1] + means[count]) / 2])
    return network(*nodes, dark=dark, answer=np.float32([answer]))


def test_one_answer_for_all_is_no_recogniser_and_int8_is_not_blamed(tmp_path: Path) -> None:
    small_catalog(tmp_path, one_answer())
    bring(tmp_path, MODE, faithful())
    fp32, int8 = small_work(tmp_path), small_work(tmp_path, MODE)
    fault = "FP32 is no recogniser: its ROC AUC is 0.5000, of which 0.6 is the least allowed"
    own = concluded(fp32, Gate.VERIFICATION, update=True)
    assert own.headline.startswith(f"not accepted: {fault}")
    assert own.unacceptable and not own.baseline
    assert own.measured and own.measured.figures["roc_auc"] == 0.5
    for gate in (Gate.VERIFICATION, Gate.FIDELITY):
        record = concluded(int8, gate)
        assert record.headline.startswith(f"nothing can be held against FP32: {fault}")
        assert "quantization costs" not in record.headline
    reason = why_unacceptable(int8)
    assert reason and reason.startswith(f"verification.{FACES} of fp32: {fault}")
    assert "policy" not in reason


def test_accuracy_at_chance_is_no_recogniser_whatever_the_roc_auc(tmp_path: Path) -> None:
    """A constant that drowns what tells people apart: every cosine is nearly 1."""
    far = np.full(32, 3000, np.float32)
    model = network(helper.make_node("Add", ["e", "far"], ["embedding"]), far=far)
    small_catalog(tmp_path, model)
    found = measured(small_work(tmp_path), Gate.VERIFICATION, FACES)
    assert found.figures["roc_auc"] > 0.6
    assert found.problem and found.problem.startswith(
        "FP32 is no recogniser: its accuracy is 0.5000, and 0.5000 is what always the same answer"
    )


def test_made_weights_need_recognise_nobody(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    blind = network(
        helper.make_node("Sin", ["e"], ["far"]),
        helper.make_node("MatMul", ["far", "mixed"], ["further"]),
        helper.make_node("Sin", ["further"], ["embedding"]),
        mixed=(rng.standard_normal((32, 32)) * 1e3).astype(np.float32),
    )
    small_catalog(tmp_path, blind, bottom=PUBLISHED)
    found = measured(small_work(tmp_path), Gate.VERIFICATION, FACES)
    assert found.problem and "ROC AUC" in found.problem
    small_catalog(tmp_path, blind, top="untrained = true", bottom=PUBLISHED)
    work = small_work(tmp_path)
    found = measured(work, Gate.VERIFICATION, FACES)
    assert found.problem is None
    (remark,) = (each for each in found.remarks if "untrained" in each)
    assert "no figure says how well it recognises" in remark
    assert "published" not in " ".join(found.remarks)
    assert not why_unacceptable(work)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (0.0, "of 120 faces 2 get an embedding of zeros and 0 that of another face, of which 1 %"),
        (1.0, "of 120 faces 0 get an embedding of zeros and 2 that of another face, of which 1 %"),
    ],
)
def test_over_one_per_cent_without_an_embedding_is_no_recogniser(
    tmp_path: Path, answer: float, words: str
) -> None:
    small_catalog(tmp_path, network())
    small_catalog(tmp_path, for_the_darkest(tmp_path, 2, answer))
    work = small_work(tmp_path)
    found = measured(work, Gate.VERIFICATION, FACES)
    assert found.problem and words.replace("1 %", "1%") in found.problem
    assert why_unacceptable(work)


def test_one_picture_in_two_files_is_not_the_networks_fault(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    for person in ("p00", "p01", "p02"):
        data = (tmp_path / "faces" / person / "0.png").read_bytes()
        # Bytes after the end of the image make another file of the same pixels.
        (tmp_path / "faces" / person / "again.png").write_bytes(data + b"\0")
    assert measured(small_work(tmp_path), Gate.VERIFICATION, FACES).problem is None


def test_a_face_of_zeros_in_fp32_counts_neither_for_nor_against_int8(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    small_catalog(tmp_path, for_the_darkest(tmp_path, 1, 0.0))
    bring(tmp_path, MODE, faithful())
    int8 = small_work(tmp_path, MODE)
    fp32 = measured(int8.fp32, Gate.VERIFICATION, FACES)
    assert fp32.problem is None
    (remark,) = fp32.remarks
    assert remark.startswith("1 of 120 faces get an embedding of zeros in FP32")
    near = measured(int8, Gate.FIDELITY, FACES).figures
    assert near["cosine_worst"] == pytest.approx(1.0, abs=1e-6)
    found = measured(int8, Gate.VERIFICATION, FACES)
    assert {name: found.figures[name] for name in fp32.figures} == pytest.approx(fp32.figures)
    # What is zero in INT8 alone counts against it.
    small_catalog(tmp_path, network())
    bring(tmp_path, MODE, for_the_darkest(tmp_path, 1, 0.0))
    assert measured(small_work(tmp_path, MODE), Gate.FIDELITY, FACES).figures["cosine_worst"] == 0.0


def test_fp32_is_held_to_a_floor_of_its_own(tmp_path: Path) -> None:
    floor = '\n[modes.fp32.policy.floor]\n"all_pairs_tar_at_far_1e-4" = 0.95\n'
    small_catalog(tmp_path, network(), bottom=floor)
    bring(tmp_path, MODE, faithful())
    record = concluded(small_work(tmp_path), Gate.VERIFICATION, update=True)
    assert "not accepted: FP32 itself is too bad: TAR@FAR=1e-4, all pairs 0.8944" in record.headline
    assert "of which 0.95 is the least allowed" in record.headline
    assert record.headline.endswith(
        "mend that or ease all_pairs_tar_at_far_1e-4 of [modes.fp32.policy.floor] in small.toml"
    )
    int8 = concluded(small_work(tmp_path, MODE), Gate.FIDELITY)
    assert int8.headline.startswith("nothing can be held against FP32: FP32 itself is too bad: TAR")


def test_far_below_what_is_published_is_a_finding_and_no_refusal(tmp_path: Path) -> None:
    small_catalog(tmp_path, network(), bottom=PUBLISHED.replace("0.9999", "1.0"))
    card = tmp_path / "models" / "small.toml"
    mean = "[-400.0, -400.0, -400.0]"
    card.write_text(card.read_text().replace("mean = [127.5, 127.5, 127.5]", f"mean = {mean}"))
    work = small_work(tmp_path)
    found = measured(work, Gate.VERIFICATION, FACES)
    assert found.problem is None
    assert "is far below the 1.0000 published on LFW" in found.doubts[0]
    assert not why_unacceptable(work)
