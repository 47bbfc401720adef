"""Evidence of pairs in folds of their own lengths."""

import numpy as np
import pytest

from suite.verification import unit_rows, verify
from suite.verification.evaluator import Evaluator, Pairs
from suite.verification.folds import fold_val


def test_folds_of_their_own_lengths_reach_every_figure():
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(12), 4)
    rows = unit_rows(rng.normal(size=(12, 16))[people] + rng.normal(size=(48, 16)))
    rows = rows.astype(np.float32)
    left = rng.integers(0, 48, 200)
    right = np.where(np.arange(200) % 2, left // 4 * 4 + (left + 1) % 4, (left + 4) % 48)
    genuine = people[left] == people[right]
    count = len(left)

    def evidence(folds):
        return Evaluator(Pairs(left, right, genuine, people, folds)).evaluate(rows)

    equal, own = evidence(2), evidence((count // 4, count - count // 4))
    assert evidence((count - count // 2, count // 2)).figures == equal.figures
    found = verify(own.distances, genuine, folds=(count // 4, count - count // 4))
    val = fold_val(own.distances, genuine, folds=(count // 4, count - count // 4))
    assert own.figures["accuracy"] == found.accuracy
    assert own.figures["val_at_far_1e-3"] == val.val
    assert own.figures["accuracy_std"] != equal.figures["accuracy_std"]
    assert (own.resampled["accuracy"] != equal.resampled["accuracy"]).any()
    np.testing.assert_array_equal(own.resampled["eer"], equal.resampled["eer"])


@pytest.mark.parametrize("people", [None, np.array([0, 0, 1])])
@pytest.mark.filterwarnings("error")
def test_a_genuine_pair_that_few_resamples_have_warns_of_nothing(people):
    rows = unit_rows(np.random.default_rng(0).normal(size=(3, 8))).astype(np.float32)
    pairs = Pairs(np.array([0, 0]), np.array([1, 2]), np.array([True, False]), people, 2)
    found = Evaluator(pairs).evaluate(rows)
    assert np.isnan(found.resampled["roc_auc"]).any()
    assert np.isfinite(list(found.figures.values())).all()
