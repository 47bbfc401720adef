"""Labelled distances that figures can be computed from."""

import numpy as np
import pytest

from suite.verification.errors import VerificationError
from suite.verification.pairs import checked_pairs


@pytest.mark.parametrize("labels", [[True, False], [1, 0], [1.0, 0.0]])
def test_labels_are_true_or_false_however_they_are_written(labels: list[float]) -> None:
    distances, genuine = checked_pairs(np.array([0.5, 1.5], np.float32), labels)
    assert (distances.dtype, genuine.dtype) == (np.float64, np.bool_)
    assert genuine.tolist() == [True, False]


def test_the_callers_own_arrays_are_not_copied() -> None:
    distances, genuine = np.array([0.5, 1.5]), np.array([True, False])
    assert checked_pairs(distances, genuine)[0] is distances
    assert checked_pairs(distances, genuine)[1] is genuine


@pytest.mark.parametrize(
    ("distances", "genuine", "words"),
    [
        ([], [], "There are no pairs"),
        ([0.5], [True, False], "1 distances came with 2 genuine labels"),
        ([[0.5]], [True], "must have one dimension each"),
        ([0.5, np.nan], [True, False], r"NaN in 1 of 2 distances \(first at pair 1\)"),
        ([0.5, np.inf], [True, False], "NaN or infinity in 1 of 2"),
        ([0.5, 1.0], [True, 2], "The genuine label of pair 1 is 2"),
        ([0.5, 1.0], ["a", "b"], "The genuine label of pair 0 is 'a'"),
        ([0.5, 1.0], [True, True], "All 2 pairs are genuine pairs"),
        ([0.5, 1.0], [False, False], "All 2 pairs are impostor pairs"),
    ],
)
def test_other_pairs_are_refused(distances: list, genuine: list, words: str) -> None:
    with pytest.raises(VerificationError, match=words):
        checked_pairs(distances, genuine)
