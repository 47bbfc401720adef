"""Lengths of embeddings, which no cosine sees, and what the fingerprint says of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from small import DIM, bring, concluded, network, small_catalog, small_work

from suite.catalog.gate import Gate
from suite.gates.fingerprint import measure_fingerprint
from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.store import BaselineFile, write_section
from suite.judging.kept_limits import kept_limits
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Record

INT8 = "int8_dynamic"


def scaled(factor: float) -> onnx.ModelProto:
    by = np.float32([factor])
    return network(helper.make_node("Mul", ["e", "by"], ["embedding"]), by=by)


def of_one_length() -> onnx.ModelProto:
    return network(helper.make_node("LpNormalization", ["e"], ["embedding"], axis=1, p=2))


def nudged(share: float) -> onnx.ModelProto:
    """One weight of the first component is another."""
    model = network()
    weights = model.graph.initializer[0]
    array = numpy_helper.to_array(weights).copy()
    array[:, 0] *= 1 + share
    weights.CopyFrom(numpy_helper.from_array(array, weights.name))
    return model


LENGTHS: list[tuple[str, Callable[[], onnx.ModelProto], str]] = [
    ("twice", lambda: scaled(2.0), "are 2 × as long"),
    ("tiny", lambda: scaled(1e-4), "are 0.0001 × as long"),
    ("one", of_one_length, "are all 1 long"),
]


def judged(folder: Path, mode: str, accepted: Measured, *, alike: bool = True) -> Record:
    """The record of a case whose baseline is of another network: identities say nothing here."""
    work = small_work(folder, mode)
    now = measure_fingerprint(work)
    origin = now.origin
    if origin and accepted.origin:
        artifact = origin.artifact if alike else accepted.origin.artifact
        origin = accepted.origin.model_copy(update={"artifact": artifact})
    kept = accepted.model_copy(update={"identity": now.identity, "origin": origin})
    profile = "cpu" if mode == "fp32" else "cpu-avx2"
    file = BaselineFile(folder / "baselines", profile, "small", mode)
    limits = kept_limits(kept, work.limits())
    write_section(file.path, Gate.FINGERPRINT, entry_document(kept, limits, {}))
    return concluded(work, Gate.FINGERPRINT)


@pytest.mark.parametrize(("words", "mutated", "cause"), LENGTHS, ids=[each[0] for each in LENGTHS])
def test_another_length_of_fp32_is_red_and_named(
    tmp_path: Path, words: str, mutated: Callable[[], onnx.ModelProto], cause: str
) -> None:
    accepted = measure_fingerprint(small_work(small_catalog(tmp_path / "a", network())))
    record = judged(small_catalog(tmp_path / "b", mutated()), "fp32", accepted)
    assert record.outcome is Outcome.FAIL
    red = {row.metric for row in record.rows if row.outcome is Outcome.FAIL}
    assert red == {"raw_embedding", "embedding_norm"}
    (note,) = record.notes
    assert note.startswith(f"likely cause: the embeddings of charts point as accepted and {cause}")


@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize(("words", "mutated", "cause"), LENGTHS, ids=[each[0] for each in LENGTHS])
def test_another_length_of_a_mode_is_red_however_it_was_built(
    tmp_path: Path, words: str, mutated: Callable[[], onnx.ModelProto], cause: str, alike: bool
) -> None:
    for name, model in (("a", scaled(1.0)), ("b", mutated())):
        small_catalog(tmp_path / name, network())
        bring(tmp_path / name, INT8, model)
    accepted = measure_fingerprint(small_work(tmp_path / "a", INT8))
    record = judged(tmp_path / "b", INT8, accepted, alike=alike)
    assert record.outcome is Outcome.FAIL
    assert any(cause in note for note in record.notes)


def test_a_mode_has_the_samples_of_its_embeddings_alone(tmp_path: Path) -> None:
    bring(small_catalog(tmp_path, network()), INT8, scaled(2.0))
    fp32, mode = (measure_fingerprint(small_work(tmp_path, each)) for each in ("fp32", INT8))
    assert {*mode.samples} == {"raw_embedding", "embedding_norm"}
    assert {*fp32.samples} > {*mode.samples}
    # 32 components are all that this network has, so that they have the whole length.
    raw = np.reshape(fp32.samples["raw_embedding"], (-1, DIM))
    np.testing.assert_allclose(np.linalg.norm(raw, axis=1), fp32.samples["embedding_norm"])
    np.testing.assert_allclose(
        mode.samples["raw_embedding"], 2 * np.asarray(fp32.samples["raw_embedding"]), rtol=1e-5
    )
    # What other suites compare is what it was: of four charts, scaled to unit length.
    units = np.reshape(fp32.samples["embedding"], (4, DIM))
    np.testing.assert_allclose(units, raw[:4] / np.linalg.norm(raw[:4], axis=1)[:, None], rtol=1e-5)
    assert (fp32.origin, mode.origin and mode.origin.builder) == (None, "")


@pytest.mark.parametrize(
    ("share", "alike", "outcome"),
    [
        (0.0, True, Outcome.PASS),
        (1e-3, True, Outcome.FAIL),
        (1e-3, False, Outcome.PASS),
        (3.0, False, Outcome.FAIL),
    ],
)
def test_the_same_bits_are_asked_of_the_same_file_alone(
    tmp_path: Path, share: float, alike: bool, outcome: Outcome
) -> None:
    for name, model in (("a", nudged(0.0)), ("b", nudged(share))):
        small_catalog(tmp_path / name, network())
        # Another file than FP32's, which a mode must not be.
        model.doc_string = name
        bring(tmp_path / name, INT8, model)
    accepted = measure_fingerprint(small_work(tmp_path / "a", INT8))
    assert judged(tmp_path / "b", INT8, accepted, alike=alike).outcome is outcome
