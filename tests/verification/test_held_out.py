"""A threshold chosen on some pairs, and two ways held against each other on others."""

import numpy as np
import pytest

from suite.verification.folds import fold_accuracy
from suite.verification.held_out import best_threshold, mcnemar


def test_the_threshold_is_that_of_accuracy_by_folds():
    rng = np.random.default_rng(0)
    genuine = rng.random(200) < 0.5
    distances = np.where(genuine, rng.normal(1.0, 0.3, 200), rng.normal(1.6, 0.3, 200)).clip(0, 4)
    # Accuracy's second fold has the threshold of the first one alone.
    folds = fold_accuracy(distances, genuine, folds=2)
    chosen = best_threshold(distances[:100], genuine[:100])
    assert chosen.threshold == folds.fold_thresholds[1]
    held_out = ((distances[100:] < chosen.threshold) == genuine[100:]).mean()
    assert held_out == pytest.approx(folds.fold_accuracies[1])


@pytest.mark.parametrize(
    ("one", "other", "p_value"),
    [(0, 0, 1.0), (1, 1, 1.0), (6, 0, 0.03125), (0, 6, 0.03125), (9, 1, 0.021484375)],
)
def test_mcnemars_test_is_binomial(one, other, p_value):
    assert mcnemar(one, other) == p_value


def test_many_pairs_are_no_overflow():
    assert mcnemar(3000, 3000) == 1.0
    assert 0 < mcnemar(1900, 1700) < 0.05
