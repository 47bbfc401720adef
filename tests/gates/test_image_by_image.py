"""What hardly moves an embedded family's figures: one layer, scale, channel or person."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from suite.catalog.folder import read_catalog
from suite.catalog.gate import Gate
from suite.catalog.image_figures import ANGLE_CHANGES
from suite.datasets.face_set import FaceSet
from suite.gates.case_work import CaseWork
from suite.gates.fidelity import measure_fidelity
from suite.gates.fingerprint import measure_fingerprint
from suite.gates.progress import Progress
from suite.gates.workbench import Workbench
from suite.judging.against_baseline import judge_against_baseline
from suite.judging.judgement import FORMAT, Entry, Judgement
from suite.judging.kept_limits import kept_limits
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.models.onnx_file import read_onnx_file
from suite.quantization.artifact import Artifact
from suite.runtime.embedding import Embedded

MODEL, MODE, FACES = "arcface-embedded", "int8_static_qdq", "embedded-evaluation"
# The first ten people, without pairs.
SOME = 120


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> CaseWork:
    """The work on a built mode of a family, on some of the faces, measured as accepted."""
    catalog = read_catalog()
    cache = tmp_path_factory.mktemp("cache")
    provider = catalog.providers["cpu"]
    bench = Workbench(catalog, provider, 1, "cpu-avx2", cache, Progress(nullcontext))
    whole, none = bench.dataset(FACES), np.empty(0, np.int64)
    assert whole.people is not None
    bench._datasets[FACES] = FaceSet(
        id=FACES,
        faces=whole.faces[:SOME],
        left=none,
        right=none,
        genuine=none.astype(bool),
        folds=0,
        people=whole.people[:SOME],
        sha256="0" * 64,
    )
    made = bench.case(catalog.models[MODEL], catalog.modes[MODE])
    made.measured[Gate.FIDELITY, FACES] = measure_fidelity(made, FACES)
    made.measured[Gate.FINGERPRINT, None] = measure_fingerprint(made)
    return made


def judged(accepted: Measured, now: Measured, work: CaseWork) -> Judgement:
    limits = work.limits(FACES)
    entry = Entry(
        accepted.identity,
        accepted.figures,
        accepted.samples,
        FORMAT,
        limits=kept_limits(accepted, limits),
        origin=accepted.origin,
        angles=accepted.angles,
    )
    return judge_against_baseline(now, entry, limits)


def red(judgement: Judgement) -> set[str]:
    return {row.metric for row in judgement.rows if row.outcome is Outcome.FAIL}


def again(work: CaseWork) -> CaseWork:
    """The mode once more, whose FP32 and faces are shared."""
    return CaseWork(work.of_model, work.mode)


def with_artifact(
    work: CaseWork, path: Path, change: Callable[[onnx.ModelProto], None]
) -> CaseWork:
    """The mode as if its builder had made another artifact of the same recipe and libraries."""
    net = onnx.load(work.artifact.file.path)
    change(net)
    onnx.save(net, path)
    mutated = again(work)
    mutated.artifact = Artifact(read_onnx_file(path))
    return mutated


def middle_layer(net: onnx.ModelProto, change: Callable[[np.ndarray], np.ndarray]) -> None:
    held = [
        each
        for each in net.graph.initializer
        if len(each.dims) == 4 and each.data_type == TensorProto.INT8
    ]
    weights = held[len(held) // 2]
    array = change(numpy_helper.to_array(weights))
    weights.CopyFrom(numpy_helper.from_array(array, weights.name))


def noise(weights: np.ndarray) -> np.ndarray:
    moved = weights + np.random.default_rng(2).normal(0, 0.05 * weights.std(), weights.shape)
    return np.clip(np.rint(moved), -128, 127).astype(np.int8)


def dead(weights: np.ndarray) -> np.ndarray:
    gone = weights.copy()
    gone[0] = 0
    return gone


def scale(net: onnx.ModelProto) -> None:
    named = {node.input[1] for node in net.graph.node if node.op_type == "QuantizeLinear"}
    held = [each for each in net.graph.initializer if each.name in named]
    each = held[len(held) // 2]
    array = numpy_helper.to_array(each) * np.float32(1.05)
    each.CopyFrom(numpy_helper.from_array(array.astype(np.float32), each.name))


@pytest.mark.parametrize(
    "change",
    [
        lambda net: middle_layer(net, noise),
        lambda net: middle_layer(net, dead),
        scale,
    ],
    ids=["one layer + 5 % noise", "dead channel", "one scale × 1.05"],
)
def test_a_small_change_of_the_artifact_is_red_image_by_image(
    work: CaseWork, tmp_path: Path, change: Callable[[onnx.ModelProto], None]
) -> None:
    mutated = with_artifact(work, tmp_path / "mutated.onnx", change)
    of_images = judged(work.measured[Gate.FIDELITY, FACES], measure_fidelity(mutated, FACES), work)
    assert set(ANGLE_CHANGES) <= red(of_images)
    of_charts = judged(work.measured[Gate.FINGERPRINT, None], measure_fingerprint(mutated), work)
    assert "raw_embedding" in red(of_charts)


def test_a_clean_run_and_a_file_of_other_libraries_are_green(
    work: CaseWork, tmp_path: Path
) -> None:
    accepted = work.measured[Gate.FIDELITY, FACES]
    assert judged(accepted, measure_fidelity(again(work), FACES), work).outcome is Outcome.PASS

    def nudged(net: onnx.ModelProto) -> None:
        """Scales as another CPU's sums of floats make them."""
        for each in net.graph.initializer:
            if each.data_type == TensorProto.FLOAT and each.name.endswith("_scale"):
                array = numpy_helper.to_array(each) * np.float32(1 + 1e-6)
                each.CopyFrom(numpy_helper.from_array(array, each.name))

    rebuilt = measure_fidelity(with_artifact(work, tmp_path / "rebuilt.onnx", nudged), FACES)
    assert rebuilt.origin is not None
    elsewhere = rebuilt.origin.model_copy(update={"builder": "onnxruntime 1.24.1, another CPU"})
    found = judged(accepted, rebuilt.model_copy(update={"origin": elsewhere}), work)
    assert found.outcome is Outcome.PASS, found.headline
    changes = {row.metric: row.difference for row in found.rows if row.metric in ANGLE_CHANGES}
    assert changes["angle_change_mean"] > 0.01


def test_one_person_turned_by_8_degrees_is_red_where_other_figures_are_not(
    work: CaseWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutated, rng = again(work), np.random.default_rng(3)
    people = work.bench.dataset(FACES).people
    assert people is not None
    theirs = np.flatnonzero(people == people[-1])
    honest = mutated.embedded(FACES)
    units = honest.units.astype(np.float64)
    side = rng.standard_normal(units.shape)
    side -= (side * units).sum(axis=1, keepdims=True) * units
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    away = np.cos(np.radians(8)) * units + np.sin(np.radians(8)) * side
    units[theirs] = away[theirs]
    turned: Embedded = replace(honest, units=units.astype(np.float32))
    monkeypatch.setitem(mutated._embedded, FACES, turned)
    found = judged(work.measured[Gate.FIDELITY, FACES], measure_fidelity(mutated, FACES), work)
    assert set(ANGLE_CHANGES) <= red(found)
    # Neither the mean nor the worst of all images moved beyond its tolerance.
    assert {"cosine_mean", "cosine_worst"}.isdisjoint(red(found))
