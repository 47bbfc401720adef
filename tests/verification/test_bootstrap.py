"""Resampled figures: exact where every weight is one, and those of repeated pairs where not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.verification import unit_rows, verify
from suite.verification.all_pairs import all_pairs
from suite.verification.bootstrap import (
    ResampledAllPairs,
    ResampledPairs,
    Units,
    draw,
    interval,
    resample,
)
from suite.verification.roc import Roc


@st.composite
def pairs(draw_: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    """Overlapping, separable or inverted classes; free distances, ties, or all equal."""
    count = draw_(st.integers(10, 80))
    seed = draw_(st.integers(0, 2**32))
    rng = np.random.default_rng(seed)
    genuine = rng.random(count) < draw_(st.sampled_from([0.2, 0.5, 0.8]))
    genuine[:2] = [True, False]
    shift = draw_(st.sampled_from([-3.0, 0.0, 0.5, 3.0]))
    distances = np.clip(rng.normal(2, 0.5, count) - shift * (genuine - 0.5), 0, 4)
    return np.round(distances, draw_(st.sampled_from([0, 1, 12]))), genuine, seed


@settings(max_examples=400, deadline=None)
@given(pairs())
def test_with_every_weight_one_each_figure_is_the_exact_one(given_pairs):
    distances, genuine, _ = given_pairs
    found = verify(distances, genuine)
    again, once = ResampledPairs(distances, genuine), np.ones((1, len(genuine)), np.float32)
    assert again.accuracy(once)[0] == pytest.approx(found.accuracy, abs=1e-12)
    assert again.auc(once)[0] == pytest.approx(found.roc_auc, abs=1e-12)
    assert again.eer(once)[0] == pytest.approx(found.eer, abs=1e-12)
    for point in found.tar_at_far:
        assert again.tar_at_far(once, point.far_target)[0] == pytest.approx(point.tar)
        assert again.tar_at(once, point.threshold)[0] == pytest.approx(point.tar)
        assert again.far_at(once, point.threshold)[0] == pytest.approx(point.far)


@settings(max_examples=400, deadline=None)
@given(pairs())
def test_a_weight_is_a_pair_repeated(given_pairs):
    distances, genuine, seed = given_pairs
    weights = np.random.default_rng(seed).integers(0, 4, len(genuine))
    weights[:2] = 1
    roc = Roc.of(np.repeat(distances, weights), np.repeat(genuine, weights))
    again, given_weights = ResampledPairs(distances, genuine), weights[None].astype(np.float32)
    assert again.auc(given_weights)[0] == pytest.approx(roc.auc(), abs=1e-9)
    assert again.eer(given_weights)[0] == pytest.approx(roc.equal_error_rate().eer, abs=1e-9)
    for threshold in (0.5, 1.0, 2.0):
        assert again.tar_at(given_weights, threshold)[0] == pytest.approx(
            roc.true_accepts(threshold) / len(roc.genuine)
        )
    # Where the last impostors were not drawn, the largest threshold is beyond the drawn ones.
    for target in (0.01, 0.1, 0.3):
        assert again.tar_at_far(given_weights, target)[0] >= roc.tar_at_far(target).tar - 1e-12


def test_a_pair_counts_as_often_as_its_people_were_drawn():
    units = Units.of_people([7, 7, 9], [7, 9, 11])
    drawn = np.array([[2, 3, 0], [1, 0, 2], [0, 0, 3]], np.float32)
    assert units.people
    assert units.weights(drawn).tolist() == [[2, 4, 2], [1, 0, 1], [0, 0, 2]]


def test_images_connected_by_genuine_pairs_are_one_unit():
    genuine = [True, True, True, False, False]
    units = Units.of_images([0, 2, 4, 5, 3], [1, 3, 1, 4, 9], genuine)
    assert not units.people
    # 0, 1 and 4 are one; 2 and 3; 5 and 9 stand alone.
    assert units.count == 4
    drawn = np.array([[2, 3, 5, 7]], np.float32)
    assert units.weights(drawn).tolist() == [[2, 3, 2, 6, 9]]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 12), st.booleans()), min_size=1, max_size=20
    )
)
def test_connected_images_against_a_plain_search(edges):
    left, right, genuine = (list(side) for side in zip(*edges, strict=True))
    units = Units.of_images(left, right, genuine)

    def reachable(start: int) -> set[int]:
        seen = {start}
        while True:
            linked = (({a, b}) for a, b, same in edges if same and (a in seen or b in seen))
            more = seen.union(*linked)
            if more == seen:
                return seen
            seen = more

    images, numbers = [*left, *right], [*units.left, *units.right]
    for one, unit in zip(images, numbers, strict=True):
        for other, another in zip(images, numbers, strict=True):
            assert (unit == another) == (other in reachable(one))


def test_draws_are_the_same_every_time_and_draw_as_many_as_there_are():
    first = draw(50, 200, 3)
    assert first.shape == (200, 50)
    assert (first.sum(axis=1) == 50).all()
    assert (first == draw(50, 200, 3)).all()
    assert first.mean(axis=0) == pytest.approx(np.ones(50), abs=0.3)


def test_blocks_of_resamples_change_nothing():
    drawn = draw(10, 300, 1)
    found = resample(drawn, lambda some: {"first": some[:, 0].astype(float)})
    assert found["first"].tolist() == drawn[:, 0].tolist()
    assert interval(np.arange(1001.0)).low == 25


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(3, 10))
def test_all_pairs_of_people_drawn_once_each_are_the_exact_ones(seed, people):
    rng = np.random.default_rng(seed)
    who = np.sort(np.concatenate([np.arange(people), rng.integers(people, size=30)]))
    rows = unit_rows(rng.normal(size=(people, 8))[who] + rng.normal(size=(len(who), 8)))
    rows = rows.astype(np.float32)
    targets = (0.01, 0.1, 0.5)
    found = all_pairs(rows, who, targets)
    again = ResampledAllPairs(rows, who, reach=5.0)
    once = np.ones((1, people), np.float32)
    assert again.people == people
    for point in found.tar_at_far:
        assert again.tar_at_far(once, point.far_target)[0] == pytest.approx(point.tar)
    # Drawing everybody twice changes no share.
    for point in found.tar_at_far:
        assert again.tar_at_far(2 * once, point.far_target)[0] == pytest.approx(point.tar)


@settings(max_examples=50, deadline=None)
@given(pairs(), st.integers(1, 9))
def test_folds_of_their_own_lengths_are_the_exact_ones_too(given_pairs, first):
    distances, genuine, _ = given_pairs
    folds = (first, len(genuine) - first)
    again = ResampledPairs(distances, genuine, folds)
    found = verify(distances, genuine, folds=folds).accuracy
    once = np.ones((1, len(genuine)), np.float32)
    assert again.accuracy(once)[0] == pytest.approx(found, abs=1e-12)
