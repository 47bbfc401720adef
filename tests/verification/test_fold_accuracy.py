"""Accuracy by folds, held against a plain loop written from the published protocol."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold

from suite.verification import FoldAccuracy, VerificationError, fold_accuracy

GRID = np.arange(0, 4, 0.01)


def plain_accuracy(threshold, distances, genuine):
    accepted = np.less(distances, threshold)
    true_accepts = np.sum(np.logical_and(accepted, genuine))
    true_rejects = np.sum(np.logical_and(~accepted, ~genuine))
    return float(true_accepts + true_rejects) / distances.size


def plain_fold_accuracy(distances, genuine, folds):
    """The protocol as published: every threshold tried on every fold's training pairs."""
    accuracies, thresholds = [], []
    for train, held_out in KFold(folds, shuffle=False).split(distances):
        tried = [plain_accuracy(t, distances[train], genuine[train]) for t in GRID]
        best = GRID[int(np.argmax(tried))]
        thresholds.append(float(best))
        accuracies.append(plain_accuracy(best, distances[held_out], genuine[held_out]))
    return FoldAccuracy(
        float(np.mean(accuracies)), float(np.std(accuracies)), tuple(accuracies), tuple(thresholds)
    )


@st.composite
def labelled_distances(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    """Overlapping, separable, inverted, tied, on thresholds or a hair beside them."""
    folds = draw(st.integers(2, 10))
    count = draw(st.integers(folds, 80))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    genuine = rng.random(count) < draw(st.sampled_from([0.1, 0.5, 0.9]))
    genuine[rng.permutation(count)[:2]] = [True, False]
    shift = draw(st.sampled_from([-2.0, 0.0, 0.3, 2.0]))
    distances = np.clip(rng.normal(1.5, 0.5, count) - shift * (genuine - 0.5), 0, 4)
    kind = draw(st.sampled_from(["free", "coarse", "on", "below", "above", "equal"]))
    on_grid = GRID[np.minimum((distances * 100).astype(int), len(GRID) - 1)]
    distances = {
        "free": distances,
        "coarse": np.round(distances),
        "on": on_grid,
        "below": np.nextafter(on_grid, -1),
        "above": np.nextafter(on_grid, 9),
        "equal": np.full(count, distances[0]),
    }[kind]
    return distances, genuine, folds


@settings(deadline=None, max_examples=150)
@given(labelled_distances())
def test_every_figure_equals_the_plain_loop(case):
    distances, genuine, folds = case
    assert fold_accuracy(distances, genuine, folds) == plain_fold_accuracy(*case)


@pytest.mark.parametrize("count", [6000, 6007, 5999])
def test_lfw_sized_sets_equal_the_plain_loop(count):
    rng = np.random.default_rng(count)
    genuine = rng.random(count) < 0.5
    distances = rng.normal(np.where(genuine, 1.0, 1.6), 0.3)
    assert fold_accuracy(distances, genuine) == plain_fold_accuracy(distances, genuine, 10)


def test_every_threshold_of_the_grid_as_a_distance_equals_the_plain_loop():
    distances = np.repeat(GRID, 2)
    genuine = np.tile([True, False], len(GRID))
    assert fold_accuracy(distances, genuine) == plain_fold_accuracy(distances, genuine, 10)


@settings(deadline=None)
@given(labelled_distances())
def test_float32_distances_are_compared_as_the_doubles_they_are(case):
    distances, genuine, folds = case
    narrow = distances.astype(np.float32)
    expected = plain_fold_accuracy(narrow.astype(np.float64), genuine, folds)
    assert fold_accuracy(narrow, genuine, folds) == expected


@given(labelled_distances())
@example((np.array([0.5, 0.5, 1.5, 1.5]), np.array([True, True, False, False]), 4))
def test_accuracy_is_the_mean_and_population_deviation_of_the_folds(case):
    result = fold_accuracy(*case)
    folds = np.array(result.fold_accuracies)
    assert len(folds) == len(result.fold_thresholds) == case[2]
    assert result.mean == folds.mean()
    assert result.std == pytest.approx(np.sqrt(np.mean((folds - folds.mean()) ** 2)))
    assert result.threshold == float(np.median(result.fold_thresholds))


def test_order_within_a_fold_does_not_matter():
    rng = np.random.default_rng(4)
    distances, genuine = rng.random(40) * 2, rng.random(40) < 0.5
    shuffled = np.concatenate([rng.permutation(4) + start for start in range(0, 40, 4)])
    assert fold_accuracy(distances[shuffled], genuine[shuffled]) == fold_accuracy(
        distances, genuine
    )


def test_separable_pairs_are_all_decided_rightly_at_the_lowest_such_threshold():
    result = fold_accuracy([0.255, 3.0] * 10, [True, False] * 10)
    assert (result.mean, result.std) == (1.0, 0.0)
    assert result.fold_thresholds == (0.26,) * 10
    assert result.threshold == 0.26


def test_a_distance_on_a_threshold_is_rejected_by_it():
    result = fold_accuracy([GRID[150], 3.0] * 10, [True, False] * 10)
    assert result.fold_thresholds == (float(GRID[151]),) * 10


def test_inseparable_pairs_by_hand():
    # Impostors nearer than genuine pairs: accepting nothing is as good as it gets.
    result = fold_accuracy([3.0, 0.5] * 10, [True, False] * 10)
    assert result.fold_thresholds == (0.0,) * 10
    assert result.fold_accuracies == (0.5,) * 10


def test_accuracy_by_hand_with_one_fold_off():
    # Fold 0 has a genuine pair at 1.0, beyond the 0.51 that the other three folds choose.
    distances = [1.0, 2.0, 0.5, 2.0, 0.5, 2.0, 0.5, 2.0]
    result = fold_accuracy(distances, [True, False] * 4, folds=4)
    assert result.fold_accuracies == (0.5, 1.0, 1.0, 1.0)
    assert result.fold_thresholds == (0.51, 1.01, 1.01, 1.01)
    assert result.mean == 0.875
    assert result.std == pytest.approx(np.sqrt(3) / 8)
    assert result.threshold == 1.01


def test_threshold_is_a_median_so_one_far_fold_hardly_moves_it():
    result = FoldAccuracy(1.0, 0.0, (1.0,) * 5, (1.2, 1.21, 1.2, 3.9, 1.19))
    assert result.threshold == 1.2


def test_folds_of_a_single_class_are_measured():
    distances = np.concatenate([np.full(10, 0.5), np.full(10, 2.0)])
    genuine = np.arange(20) < 10
    result = fold_accuracy(distances, genuine, folds=10)
    assert result == plain_fold_accuracy(distances, genuine, 10)
    assert result.mean == 1.0


def test_training_folds_of_a_single_class_choose_the_lowest_threshold_that_suits_it():
    result = fold_accuracy([0.5, 0.6, 2.0, 1.9], [True, True, False, False], folds=2)
    # Trained on impostors alone: accept nothing. On genuine pairs alone: above the farthest.
    assert result.fold_thresholds == (0.0, 0.61)
    assert result.fold_accuracies == (0.0, 1.0)


def test_distances_beyond_every_threshold_are_rejected():
    result = fold_accuracy([0.1, 4.0000001] * 10, [True, False] * 10)
    assert result.mean == 1.0
    assert fold_accuracy([4.0, 4.0] * 10, [True, False] * 10).mean == 0.5


def test_as_many_pairs_as_folds_is_enough():
    distances = np.linspace(0, 2, 10)
    genuine = distances < 1
    assert fold_accuracy(distances, genuine) == plain_fold_accuracy(distances, genuine, 10)


def test_fewer_pairs_than_folds_are_refused():
    with pytest.raises(VerificationError) as caught:
        fold_accuracy([0.1, 2.0, 0.3], [True, False, True])
    assert str(caught.value) == (
        "3 pairs are too few for 10 folds: there must be at least one pair in each."
    )


@pytest.mark.parametrize("folds", [1, 0, -3])
def test_fewer_than_two_folds_are_refused(folds):
    with pytest.raises(VerificationError, match=rf"at least 2 folds, not {folds}\."):
        fold_accuracy([0.1, 2.0], [True, False], folds)


def test_labels_as_a_list_of_zeros_and_ones_are_the_same():
    distances = [0.1, 2.0, 0.3, 1.8]
    assert fold_accuracy(distances, [1, 0, 1, 0], 2) == fold_accuracy(
        distances, [True, False, True, False], 2
    )


def test_folds_may_have_lengths_of_their_own():
    distances, genuine = [0.5, 1.5, 0.9, 1.2, 0.4], [True, False, True, False, True]
    equal = fold_accuracy(distances, genuine, 2)
    assert fold_accuracy(distances, genuine, (3, 2)) == equal
    other = fold_accuracy(distances, genuine, (2, 3))
    assert other.fold_accuracies == (1.0, 2 / 3)


@pytest.mark.parametrize("folds", [(3, 1), (5, 0), (3, 3)])
def test_lengths_that_do_not_divide_the_pairs_are_refused(folds):
    with pytest.raises(VerificationError, match=r"pairs do not divide 5 pairs: each must have"):
        fold_accuracy([0.5, 1.5, 0.9, 1.2, 0.4], [True, False, True, False, True], folds)
