"""Every pair of a set's images against all distances sorted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.verification import VerificationError, unit_rows
from suite.verification.all_pairs import all_pairs
from suite.verification.roc import Roc

FAR_TARGETS = (0.0, 1e-6, 1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9)


def random_set(images: int, people: int, seed: int, spread: float = 1.0):
    rng = np.random.default_rng(seed)
    who = rng.integers(people, size=images)
    centres = rng.normal(size=(people, 16))
    rows = centres[who] + spread * rng.normal(size=(images, 16))
    return unit_rows(rows.astype(np.float32)), who


def every_distance(rows: np.ndarray, who: np.ndarray) -> Roc:
    """The same distances from the whole product at once, all of them sorted."""
    order = np.argsort(who, kind="stable")
    rows, who = rows[order], who[order]
    first, second = np.triu_indices(len(rows), 1)
    distances = np.maximum(2 - 2 * (rows @ rows.T), 0)[first, second]
    return Roc.of(distances.astype(float), who[first] == who[second])


def assert_same(rows: np.ndarray, who: np.ndarray, atol: float) -> None:
    found, wanted = all_pairs(rows, who, FAR_TARGETS), every_distance(rows, who)
    assert (found.genuine, found.impostors) == (len(wanted.genuine), len(wanted.impostors))
    for target, point in zip(FAR_TARGETS, found.tar_at_far, strict=True):
        expected = wanted.tar_at_far(target)
        assert point.threshold == pytest.approx(expected.threshold, abs=atol)
        if not atol:
            assert point == expected
    equal = wanted.equal_error_rate()
    assert found.eer == pytest.approx(equal.eer, abs=atol)
    assert found.eer_threshold == pytest.approx(equal.threshold, abs=atol)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(4, 60),
    st.integers(2, 6),
    st.integers(0, 2**32),
    st.sampled_from([0.0, 0.05, 0.5, 1.0, 5.0]),
    st.booleans(),
)
def test_each_figure_is_that_of_all_distances_sorted(images, people, seed, spread, coarse):
    rows, who = random_set(images, people, seed, spread)
    if coarse:  # many distances tie
        rows = unit_rows(np.sign(rows) * (np.abs(rows) > 0.2) + np.float32(1e-3))
    who[:3] = [0, 0, 1]
    assert_same(rows, who, 0.0)


def test_more_images_than_a_block_give_the_figures_of_all_distances_sorted():
    rows, who = random_set(700, 60, 1)
    assert_same(rows, who, 1e-6)  # products of other shapes differ in the last bit


def test_nan_and_one_class_are_refused():
    rows, who = random_set(10, 3, 2)
    with pytest.raises(VerificationError, match="no impostor pair"):
        all_pairs(rows, np.zeros(10, int), FAR_TARGETS)
    with pytest.raises(VerificationError, match="no genuine pair"):
        all_pairs(rows, np.arange(10), FAR_TARGETS)
    with pytest.raises(VerificationError, match="A FAR target"):
        all_pairs(rows, who, (1.0,))
    rows[4, 2] = np.nan
    with pytest.raises(VerificationError, match="in 1 of 10 embeddings"):
        all_pairs(rows, who, FAR_TARGETS)
