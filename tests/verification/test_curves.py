"""What a report draws of pairs, against counting every pair by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.verification import unit_rows
from suite.verification.all_pairs import all_pairs
from suite.verification.curves import BINS, error_curve, errors_at, ranks, score_histogram
from suite.verification.roc import Roc


def pairs(count: int, seed: int, digits: int, shift: float = 0.8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    genuine = rng.random(count) < 0.4
    genuine[:2] = [True, False]
    distances = np.clip(rng.normal(1.6, 0.3, count) - shift * genuine, 0, 4)
    return np.round(distances, digits), genuine


@settings(max_examples=200, deadline=None)
@given(st.integers(2, 900), st.integers(0, 2**32), st.sampled_from([0, 1, 3, 12]))
def test_a_curve_has_the_errors_of_each_of_its_thresholds(count, seed, digits):
    distances, genuine = pairs(count, seed, digits)
    curve = error_curve(Roc.of(distances, genuine))
    assert (np.diff(curve.thresholds) > 0).all()
    assert len(curve.thresholds) <= 200
    for threshold, accepts, rejects in zip(
        curve.thresholds, curve.false_accepts, curve.false_rejects, strict=True
    ):
        accepted = distances < threshold
        assert accepts == (accepted & ~genuine).sum()
        assert rejects == (~accepted & genuine).sum()
    assert (curve.genuine, curve.impostors) == (genuine.sum(), (~genuine).sum())


def test_a_curve_of_many_pairs_reaches_both_ends_evenly():
    curve = error_curve(Roc.of(*pairs(20_000, 0, 12)))
    assert 150 <= len(curve.thresholds) <= 200
    # As rounded, the threshold at the nearest impostor may accept it.
    assert curve.false_accepts[0] == 0
    assert sorted(set(curve.false_accepts.tolist()))[1] <= 2
    assert curve.false_rejects[-1] == 0
    assert np.diff(curve.false_accepts).max() < 0.05 * curve.impostors
    assert np.diff(-curve.false_rejects).max() < 0.05 * curve.genuine


def test_ranks_are_all_where_few_and_dense_at_both_ends_where_many():
    assert ranks(5).tolist() == [0, 1, 2, 3, 4]
    chosen = ranks(100_000)
    assert len(chosen) <= 100
    assert chosen[0] <= 1
    assert chosen[-1] == 99_999
    steps = np.diff(chosen)
    assert steps[0] < 10 < steps[len(steps) // 2]


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 400), st.integers(0, 2**32), st.sampled_from([0, 1, 12]))
def test_a_histogram_counts_every_pair_once(count, seed, digits):
    distances, genuine = pairs(count, seed, digits)
    scores = score_histogram(Roc.of(distances, genuine))
    assert len(scores.edges) == BINS + 1
    assert scores.edges[0] <= distances.min()
    assert distances.max() <= scores.edges[-1]
    for counted, values in ((scores.genuine, genuine), (scores.impostors, ~genuine)):
        assert counted.sum() == values.sum()
        middle = distances[values] < scores.edges[30]
        assert counted[:30].sum() == middle.sum()


def test_edges_end_at_whole_tenths():
    scores = score_histogram(Roc.of([0.31, 0.5, 1.92], [True, True, False]))
    assert scores.edges[[0, -1]].tolist() == [0.3, 2.0]
    alike = score_histogram(Roc.of([4.0, 4.0], [True, False]))
    assert alike.edges[[0, -1]].tolist() == [3.9, 4.0]
    assert (alike.genuine[-1], alike.impostors[-1]) == (1, 1)


def test_errors_at_a_threshold_by_hand():
    roc = Roc.of([0.1, 0.4, 0.9, 0.5, 1.1], [1, 1, 1, 0, 0])
    found = errors_at(roc, 0.9)
    assert (found.false_accepts, found.false_rejects) == (1, 1)


@pytest.mark.parametrize(("images", "people", "spread"), [(40, 5, 0.5), (60, 4, 5.0), (700, 60, 1)])
def test_all_pairs_draw_what_every_distance_counts(images, people, spread):
    rng = np.random.default_rng(images)
    who = np.sort(rng.integers(people, size=images))
    rows = unit_rows(
        (rng.normal(size=(people, 16))[who] + spread * rng.normal(size=(images, 16))).astype(
            np.float32
        )
    )
    rows[1] = rows[0]  # two images at no distance
    first, second = np.triu_indices(images, 1)
    # In blocks of 256 rows, as there: products of other shapes differ in the last bit.
    product = np.vstack([rows[start : start + 256] @ rows.T for start in range(0, images, 256)])
    distances = np.maximum(2 - 2 * product, 0)[first, second].astype(float)
    same = who[first] == who[second]
    kept = (0.25, 1.0, 1.7)
    found = all_pairs(rows, who, (1e-2,), kept)
    curve, scores, slack = found.curve, found.scores, 0 if images < 256 else 2
    for threshold, accepts, rejects in zip(
        curve.thresholds, curve.false_accepts, curve.false_rejects, strict=True
    ):
        assert abs(accepts - (distances[~same] < threshold).sum()) <= slack
        assert abs(rejects - (distances[same] >= threshold).sum()) <= slack
    for counted, values in (
        (scores.genuine, distances[same]),
        (scores.impostors, distances[~same]),
    ):
        assert counted.sum() == len(values)
        for number in range(len(counted)):
            low, high = scores.edges[number : number + 2]
            last = number == len(counted) - 1
            inside = (values >= low) & ((values < high) | last)
            assert abs(counted[number] - inside.sum()) <= slack
    assert (np.diff(scores.edges) > 0).all()
    for threshold, errors in zip(kept, found.kept, strict=True):
        assert errors.false_accepts == (distances[~same] < threshold).sum()
        assert errors.false_rejects == (distances[same] >= threshold).sum()
