"""What a record holds for a report to draw, of hand-made evidence."""

import numpy as np
import pytest

from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet
from suite.gates.drawn import QUANTILES, closeness, drawn
from suite.judging.drawn import Closeness, ErrorCurve, ScoreHistogram
from suite.judging.measured import Measured
from suite.verification import unit_rows
from suite.verification.evaluator import Evaluator, Kept, Pairs
from suite.verification.roc import Roc


@pytest.fixture(scope="module")
def both():
    """FP32 and a worse mode on one set of 60 people, and its pairs."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(60), 4)
    rows = rng.normal(size=(60, 16))[who] + 0.5 * rng.normal(size=(240, 16))
    left = rng.integers(240, size=4000)
    right = np.where(np.arange(4000) % 2, left // 4 * 4 + (left + 1) % 4, (left + 7) % 240)
    genuine = who[left] == who[right]
    evaluator = Evaluator(Pairs(left, right, genuine, who))
    worse = rows + 0.2 * rng.normal(size=rows.shape)
    fp32 = evaluator.evaluate(unit_rows(rows.astype(np.float32)))
    mode = evaluator.evaluate(unit_rows(worse.astype(np.float32)), Kept(fp32.kept_thresholds))
    return (
        fp32,
        mode.joined(evaluator.deploy(*_rows(rows, worse), fp32)),
        _faces(left, right, genuine),
    )


def _faces(left: np.ndarray, right: np.ndarray, genuine: np.ndarray) -> FaceSet:
    faces = tuple(Face.held(f"image {n}", str(n).encode()) for n in range(240))
    return FaceSet("d", faces, left, right, genuine, 10, None, "0" * 64)


def _rows(*rows: np.ndarray) -> list[np.ndarray]:
    return [unit_rows(each.astype(np.float32)) for each in rows]


def test_the_errors_at_fp32s_threshold_are_the_kept_figures(both):
    fp32, mode, faces = both
    points = {(p.pairs, p.far_target): p for p in drawn(faces, mode, fp32)["thresholds"]}
    point = points["listed", 1e-3]
    assert point.kept.threshold == fp32.figures["tar_at_far_1e-3_threshold"]
    tar = 1 - point.kept.false_rejects / point.genuine
    assert tar == pytest.approx(mode.figures["kept_tar_1e-3"])
    assert point.kept.false_accepts / point.impostors == pytest.approx(
        mode.figures["kept_far_1e-3"]
    )
    everyone = points["all", 1e-3]
    assert everyone.kept.threshold == fp32.figures["all_pairs_tar_at_far_1e-3_threshold"]
    assert everyone.impostors == 240 * 239 // 2 - 60 * 6


def test_a_threshold_lies_in_its_interval_with_its_errors(both):
    fp32, mode, faces = both
    roc = Roc.of(mode.distances, faces.genuine)
    for point in drawn(faces, mode, fp32)["thresholds"]:
        low, high = point.interval
        assert low <= point.threshold <= high
        if point.pairs == "listed":
            assert point.false_accepts == roc.false_accepts(point.threshold)
            assert point.false_rejects == len(roc.genuine) - roc.true_accepts(point.threshold)


def test_the_pairs_next_to_a_threshold_are_those_that_set_it(both):
    _, mode, faces = both
    impostors = np.flatnonzero(~faces.genuine)
    ranked = impostors[np.argsort(mode.distances[impostors], kind="stable")]
    for point in drawn(faces, mode)["thresholds"]:
        if point.pairs != "listed":
            continue
        first, *accepted = point.set_by
        expected = ranked[max(point.false_accepts - 5, 0) : point.false_accepts + 1][::-1]
        names = [(f"image {faces.left[n]}", f"image {faces.right[n]}") for n in expected]
        assert [(pair.left, pair.right) for pair in point.set_by] == names
        assert not first.accepted and first.distance >= point.threshold
        assert all(pair.accepted and pair.distance < point.threshold for pair in accepted)
        assert len(accepted) == min(point.false_accepts, 5)


def test_fp32_itself_keeps_nothing(both):
    fp32, _, faces = both
    found = drawn(faces, fp32)
    assert all(point.kept is None for point in found["thresholds"])
    assert list(found["curves"]) == list(found["scores"]) == ["listed", "all"]
    read = Measured.model_validate(
        {"section": "verification.d", "identity": {}, **found}
    ).model_dump_json()
    assert Measured.model_validate_json(read, strict=True).curves == found["curves"]


def test_rates_are_the_counts_over_their_class(both):
    fp32, _, faces = both
    for curve in drawn(faces, fp32)["curves"].values():
        for rate, count in zip(curve.fmr, curve.false_accepts, strict=True):
            assert rate == pytest.approx(count / curve.impostors, rel=1e-5)
        for rate, count in zip(curve.fnmr, curve.false_rejects, strict=True):
            assert rate == pytest.approx(count / curve.genuine, rel=1e-5)


def test_the_worst_images_come_farthest_first_by_name():
    cosines = np.linspace(1, 0.5, 30)
    cosines[3] = cosines[29]
    found = closeness(cosines, [f"f{n}" for n in range(30)])
    assert [each.image for each in found.worst[:3]] == ["f3", "f29", "f28"]
    assert len(found.worst) == 10
    assert found.images == 30
    assert found.cosine[0] == found.worst[0].cosine == 0.5
    assert found.cosine[QUANTILES.index(0.5)] == np.median(cosines)
    few = closeness(np.array([0.9]), ["only"])
    assert [each.image for each in few.worst] == ["only"]


@pytest.mark.parametrize(
    ("part", "values"),
    [
        (
            ErrorCurve,
            {
                **{"genuine": 1, "impostors": 1, "threshold": [0.1], "fmr": [0.0], "fnmr": []},
                **{"false_accepts": [0], "false_rejects": [0]},
            },
        ),
        (ScoreHistogram, {"edges": [0.0, 1.0], "genuine": [1, 2], "impostors": [1]}),
        (Closeness, {"images": 1, "quantile": [0.5], "cosine": [], "worst": []}),
    ],
)
def test_columns_of_other_lengths_are_refused(part, values):
    with pytest.raises(ValueError, match="must have"):
        part.model_validate(values)
