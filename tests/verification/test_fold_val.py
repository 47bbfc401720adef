"""VAL by folds against the published loop, with the interpolation of SciPy 1.6 written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold

from suite.verification import VerificationError
from suite.verification.folds import fold_val


def published(distances: np.ndarray, genuine: np.ndarray, target: float) -> tuple:
    """InsightFace's calculate_val, step by step."""
    thresholds = np.arange(0, 4, 0.001)
    vals, fars = [], []
    for train, test in KFold(n_splits=10, shuffle=False).split(distances):
        impostors = distances[train][~genuine[train]]
        far_train = np.sum(impostors < thresholds[:, None], axis=1) / len(impostors)
        threshold = (
            interpolated(target, far_train, thresholds) if far_train.max() >= target else 0.0
        )
        predicted = distances[test] < threshold
        vals.append(np.sum(predicted & genuine[test]) / np.sum(genuine[test]))
        fars.append(np.sum(predicted & ~genuine[test]) / np.sum(~genuine[test]))
    return np.mean(vals), np.mean(fars)


def interpolated(x: float, xs: np.ndarray, ys: np.ndarray) -> float:
    """The last level not above x, and the straight line to the next one."""
    below = np.flatnonzero(xs <= x)[-1]
    if xs[below] == x or below == len(xs) - 1:
        return float(ys[below])
    slope = (ys[below + 1] - ys[below]) / (xs[below + 1] - xs[below])
    return float(slope * (x - xs[below]) + ys[below])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from([-1.0, 0.0, 0.6, 3.0]),
    st.sampled_from([1, 2, 12]),
    st.sampled_from([1e-3, 0.01, 0.1, 0.25]),
)
def test_it_is_the_published_loop(seed, shift, decimals, target):
    rng = np.random.default_rng(seed)
    genuine = np.tile([True, False, True, False, False, True], 20)
    distances = np.clip(rng.normal(2, 0.6, 120) - shift * (genuine - 0.5), 0, 3.999)
    distances = np.round(distances, decimals)
    found = fold_val(distances, genuine, target)
    assert (found.val, found.far) == pytest.approx(published(distances, genuine, target), abs=1e-12)


def test_a_target_that_is_a_level_takes_its_highest_threshold():
    # Impostors at 1, 2, 3, … in every fold: FAR is a level from one to the next.
    distances = np.tile([0.5, 1.0, 2.5, 2.0], 10)
    genuine = np.tile([True, False, True, False], 10)
    found = fold_val(distances, genuine, 0.5)
    assert found.far == 0.5
    assert found.val == 0.5


def test_a_target_beyond_every_threshold_accepts_nothing():
    distances = np.full(40, 3.9995)
    found = fold_val(distances, np.tile([True, False], 20), 0.5)
    assert (found.val, found.far) == (0.0, 0.0)


def test_a_fold_of_one_class_is_refused():
    genuine = np.r_[np.ones(20, bool), np.zeros(20, bool)]
    with pytest.raises(VerificationError, match="pairs 0 to 3 has pairs of one class alone"):
        fold_val(np.linspace(0, 2, 40), genuine)


def test_folds_may_have_lengths_of_their_own():
    genuine = np.r_[[True, False], np.ones(4, bool), np.zeros(4, bool)]
    found = fold_val(np.linspace(0, 2, 10), genuine, 0.1, (2, 8))
    assert (found.val, found.far) == (0.5, 0.5)
    with pytest.raises(VerificationError, match="pairs 2 to 4 has pairs of one class alone"):
        fold_val(np.linspace(0, 2, 10), genuine, 0.1, (2, 3, 5))
