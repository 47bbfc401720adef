"""What fidelity measures of lengths, and of the norms that a network gives itself."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from scipy import stats
from small import FACES, bring, concluded, network, small_catalog, small_work

from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate
from suite.catalog.image_figures import ANGLE_CHANGES
from suite.catalog.limits import Limits
from suite.gates.case_work import CaseWork
from suite.gates.measures import measured
from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.store import BaselineFile, write_section
from suite.judging.kept_limits import kept_limits
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.models.onnx_file import read_onnx_file
from suite.quantization.artifact import Artifact
from suite.runtime.embedding import Embedded

INT8 = "int8_dynamic"


def scaled(factor: float) -> onnx.ModelProto:
    node = helper.make_node("Mul", ["e", "by"], ["embedding"])
    return network(node, by=np.float32([factor]))


def with_norms(power: float) -> onnx.ModelProto:
    """Embeddings of unit length, and beside them their length to a power, as AdaFace has it."""
    model = network(
        helper.make_node("ReduceL2", ["e"], ["length"], axes=[1], keepdims=1),
        helper.make_node("Div", ["e", "length"], ["embedding"]),
        helper.make_node("Pow", ["length", "power"], ["norm"]),
        power=np.float32(power),
    )
    norm = helper.make_tensor_value_info("norm", TensorProto.FLOAT, ["n", 1])
    model.graph.output.append(norm)
    return model


def of_norms(folder: Path, fp32: onnx.ModelProto, mode: onnx.ModelProto) -> CaseWork:
    small_catalog(folder, fp32)
    bring(folder, INT8, mode)
    card = folder / "models" / "small.toml"
    text = card.read_text().replace('flip = "none"', 'flip = "norm_weighted"')
    named = '[outputs]\nembedding = "embedding"\nnorm = "norm"\n'
    card.write_text(text.replace("[outputs]\n", named))
    return small_work(folder, INT8)


def accept(work: CaseWork, found: Measured) -> None:
    file = BaselineFile(work.bench.catalog.folder / "baselines", "cpu-avx2", "small", INT8)
    limits = kept_limits(found, work.limits(FACES))
    of_images = found.angles.data if found.angles else None
    write_section(file.path, found.section, entry_document(found, limits, {}), of_images)


def test_norms_are_of_the_embeddings_before_they_are_scaled(tmp_path: Path) -> None:
    bring(small_catalog(tmp_path, network()), INT8, scaled(1.5))
    work = small_work(tmp_path, INT8)
    figures = measured(work, Gate.FIDELITY, FACES).figures
    for name in ("mean", "1st_percentile", "99th_percentile"):
        assert figures[f"norm_ratio_{name}"] == pytest.approx(1.5)
    assert "quality_correlation" not in figures
    # No cosine sees them.
    assert figures["cosine_worst"] == pytest.approx(1.0)


@pytest.mark.parametrize("factor", [1.01, 2.0, 1e-4])
def test_other_norms_alone_are_red(tmp_path: Path, factor: float) -> None:
    bring(small_catalog(tmp_path, network()), INT8, scaled(factor))
    work = small_work(tmp_path, INT8)
    found = measured(work, Gate.FIDELITY, FACES)
    before = {**found.figures, **dict.fromkeys((n for n in found.figures if "norm" in n), 1.0)}
    accept(work, found.model_copy(update={"figures": before}))
    record = concluded(work, Gate.FIDELITY)
    assert record.outcome is Outcome.FAIL
    assert "norm_ratio_mean" in red(record)
    assert all(name.startswith("norm_ratio") for name in red(record))


def test_the_norms_that_a_network_gives_are_held_by_their_ranks(tmp_path: Path) -> None:
    fp32 = with_norms(1.0)
    work = of_norms(tmp_path / "a", fp32, with_norms(3.0))
    found = measured(work, Gate.FIDELITY, FACES).figures
    # The same order, whatever the scale.
    assert found["quality_correlation"] == pytest.approx(1.0)
    turned = of_norms(tmp_path / "b", fp32, with_norms(-1.0))
    assert measured(turned, Gate.FIDELITY, FACES).figures["quality_correlation"] == pytest.approx(
        -1.0
    )


def test_a_quality_that_moved_is_as_scipy_ranks_it(tmp_path: Path) -> None:
    noisy = with_norms(1.0)
    noisy.graph.initializer[0].CopyFrom(_moved(noisy.graph.initializer[0]))
    work = of_norms(tmp_path, with_norms(1.0), noisy)
    fp32, mode = (each.embedded(FACES).quality for each in (work.fp32, work))
    found = measured(work, Gate.FIDELITY, FACES).figures["quality_correlation"]
    assert found == pytest.approx(stats.spearmanr(fp32, mode).statistic)
    assert found < 0.999


def _moved(weights: onnx.TensorProto) -> onnx.TensorProto:
    array = onnx.numpy_helper.to_array(weights)
    noise = np.random.default_rng(5).normal(0, 0.2 * array.std(), array.shape)
    return onnx.numpy_helper.from_array((array + noise).astype(np.float32), weights.name)


def built(folder: Path) -> CaseWork:
    """The work on a mode that is built, in a catalog of its own."""
    return small_work(small_catalog(folder, network()), INT8)


def accepted_of(work: CaseWork) -> Measured:
    found = measured(work, Gate.FIDELITY, FACES)
    accept(work, found)
    return found


def again(work: CaseWork) -> CaseWork:
    """The same work in another run."""
    return small_work(work.bench.catalog.folder, INT8)


def turned_by(
    work: CaseWork, places: np.ndarray, degrees: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Turn a mode's embeddings of some faces by an angle, each in a direction of its own."""
    honest = work.embed_with_norms
    rng = np.random.default_rng(3)

    def embedded(faces: tuple, label: str, **rest: object) -> Embedded:
        found = honest(faces, label, **rest)
        if len(faces) != len(work.bench.dataset(FACES).faces):
            return found
        units = found.units.astype(np.float64)
        side = rng.standard_normal(units.shape)
        side -= (side * units).sum(axis=1, keepdims=True) * units
        side /= np.linalg.norm(side, axis=1, keepdims=True)
        angle = np.radians(degrees)
        away = np.cos(angle) * units + np.sin(angle) * side
        units[places] = away[places]
        return replace(found, units=units.astype(np.float32))

    monkeypatch.setattr(work, "embed_with_norms", embedded)


def red(record: Record) -> set[str]:
    return {row.metric for row in record.rows if row.outcome is Outcome.FAIL}


def test_the_same_run_again_is_green_to_the_bits(tmp_path: Path) -> None:
    work = built(tmp_path)
    accepted_of(work)
    record = concluded(again(work), Gate.FIDELITY)
    assert record.outcome is Outcome.PASS
    changes = {row.metric: row.difference for row in record.rows if "angle" in row.metric}
    assert changes == dict.fromkeys(ANGLE_CHANGES, 0.0)


def test_one_person_turned_by_8_degrees_is_the_headline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = built(tmp_path)
    accepted_of(work)
    mutated = again(work)
    people = mutated.bench.dataset(FACES).people
    assert people is not None
    turned_by(mutated, np.flatnonzero(people == 7), 8.0, monkeypatch)
    # The figures of all faces would see that of four in 120; here they must not matter.
    mutated.limits = lambda _=None: _eased(work)
    record = concluded(mutated, Gate.FIDELITY)
    assert record.outcome is Outcome.FAIL
    assert red(record) == set(ANGLE_CHANGES)
    assert record.headline.startswith("not as accepted, image by image: 4 of 120 images turned by")
    assert "all of one person, who has 4 images, and no other figure moved" in record.headline


def _eased(work: CaseWork) -> Limits:
    """Limits under which no figure but the angles can fail."""
    limits = work.limits(FACES)
    names = {name for name in limits.tolerances if name not in ANGLE_CHANGES}
    return replace(limits, tolerances={**limits.tolerances, **dict.fromkeys(names, 10.0)})


@pytest.mark.parametrize("alike", [True, False])
def test_the_darkest_turned_by_8_degrees_are_red_however_it_was_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alike: bool
) -> None:
    work = built(tmp_path)
    found = accepted_of(work)
    if not alike:
        assert found.origin is not None
        other = found.origin.model_copy(update={"builder": "another CPU", "artifact": "0" * 64})
        accept(work, found.model_copy(update={"origin": other}))
    mutated = again(work)
    dark = np.argsort(mutated.bench.traits(FACES).brightness)[:6]
    turned_by(mutated, dark, 8.0, monkeypatch)
    record = concluded(mutated, Gate.FIDELITY)
    assert record.outcome is Outcome.FAIL
    assert {"angle_change_worst", "cosine_by_brightness"} <= red(record)


def noise(weights: np.ndarray) -> np.ndarray:
    spread = 0.05 * (weights.astype(float) - weights.mean()).std()
    moved = weights + np.random.default_rng(2).normal(0, spread, weights.shape)
    return np.clip(np.rint(moved), 0, 255).astype(weights.dtype)


def dead(weights: np.ndarray) -> np.ndarray:
    gone = weights.copy()
    gone[:, 3] = 128
    return gone


@pytest.mark.parametrize(
    ("part", "change"),
    [("quantized", noise), ("quantized", dead), ("scale", lambda scale: scale * np.float32(1.05))],
    ids=["one layer + 5 % noise", "dead channel", "one scale × 1.05"],
)
def test_another_artifact_from_what_must_build_the_same_is_red(
    tmp_path: Path, part: str, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    work = built(tmp_path)
    accepted_of(work)
    accept_fingerprint(work)
    net = onnx.load(work.artifact.file.path)
    (weights,) = (each for each in net.graph.initializer if each.name.endswith(f"_{part}"))
    array = onnx.numpy_helper.to_array(weights)
    weights.CopyFrom(onnx.numpy_helper.from_array(change(array), weights.name))
    onnx.save(net, tmp_path / "mutated.onnx")
    mutated = again(work)
    # As a builder would have made it: of the same source, recipe and libraries.
    mutated.artifact = Artifact(read_onnx_file(tmp_path / "mutated.onnx"))
    assert mutated.identity(FACES) == work.identity(FACES)
    reds = {gate: red(concluded(mutated, gate)) for gate in (Gate.FIDELITY, Gate.FINGERPRINT)}
    assert "raw_embedding" in reds[Gate.FINGERPRINT]
    # A scale alone turns no embedding of one layer: its length is another.
    expected = "norm_ratio_mean" if part == "scale" else "angle_change_mean"
    assert expected in reds[Gate.FIDELITY]


def accept_fingerprint(work: CaseWork) -> None:
    found = measured(work, Gate.FINGERPRINT)
    file = BaselineFile(work.bench.catalog.folder / "baselines", "cpu-avx2", "small", INT8)
    document = entry_document(found, kept_limits(found, work.limits()), {})
    write_section(file.path, found.section, document)


def test_what_an_older_suite_accepted_is_not_compared_image_by_image(tmp_path: Path) -> None:
    work = built(tmp_path)
    found = measured(work, Gate.FIDELITY, FACES)
    old = {name: value for name, value in found.figures.items() if FIGURES[name].since < 4}
    assert set(old) == {"cosine_mean", "cosine_worst"}
    before = found.model_copy(
        update={"figures": old, "samples": {}, "angles": None, "origin": None}
    )
    limits = kept_limits(before, work.limits(FACES))
    document = {**entry_document(before, limits, {}), "format": 3}
    file = BaselineFile(work.bench.catalog.folder / "baselines", "cpu-avx2", "small", INT8)
    write_section(file.path, found.section, document)
    record = concluded(again(work), Gate.FIDELITY)
    assert record.outcome is Outcome.NOT_COMPARED
    assert not red(record)
    # Without its angles what this suite accepts is not whole.
    write_section(file.path, found.section, {**document, "format": 4})
    assert concluded(again(work), Gate.FIDELITY).outcome is Outcome.FAIL
