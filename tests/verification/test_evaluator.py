"""Evidence of pairs in folds of their own lengths."""

import numpy as np
import pytest

from suite.verification import unit_rows, verify
from suite.verification.bootstrap import interval
from suite.verification.evaluator import Evaluator, Kept, Pairs
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


def crowd() -> tuple[Pairs, np.ndarray]:
    """Forty people of five images, not side by side, and a few listed pairs."""
    rng = np.random.default_rng(3)
    people = rng.permutation(np.repeat(np.arange(40), 5))
    rows = unit_rows(rng.normal(size=(40, 16))[people] + rng.normal(size=(200, 16)))
    left, right = np.triu_indices(30, 1)
    return Pairs(left, right, people[left] == people[right], people), rows.astype(np.float32)


def test_a_threshold_of_all_pairs_names_the_pairs_that_set_it():
    pairs, rows = crowd()
    found = Evaluator(pairs).evaluate(rows).operating
    left, right = np.triu_indices(200, 1)
    apart = pairs.people[left] != pairs.people[right]
    left, right = left[apart], right[apart]
    ordered = np.argsort(-(rows[left] * rows[right]).sum(axis=1))
    for target in ("1e-3", "1e-4"):
        at = found[f"all_pairs_tar_at_far_{target}"]
        accepted = at.point.false_accepts
        nearest = ordered[max(0, accepted - 5) : accepted + 1][::-1]
        assert [(p.left, p.right) for p in at.set_by] == [(left[i], right[i]) for i in nearest]
        assert [p.accepted for p in at.set_by] == [False] + [True] * min(5, accepted)
        assert at.set_by[0].distance == at.point.threshold


def test_errors_are_counted_at_each_threshold_that_is_kept():
    pairs, rows = crowd()
    kept = {"tar_at_far_1e-3": 1.1, "all_pairs_tar_at_far_1e-3": 1.0}
    accepted = {"tar_at_far_1e-3": 1.3, "all_pairs_tar_at_far_1e-4": 0.7}
    found = Evaluator(pairs).evaluate(rows, Kept(kept, accepted)).operating
    every = np.triu_indices(200, 1)
    for name, of in (("kept", kept), ("accepted", accepted)):
        for metric, threshold in of.items():
            left, right = every if metric.startswith("all") else (pairs.left, pairs.right)
            near = ((rows[left] - rows[right]) ** 2).sum(axis=1) < threshold
            same = pairs.people[left] == pairs.people[right]
            errors = getattr(found[metric], name)
            assert errors.false_accepts == (near & ~same).sum()
            assert errors.false_rejects == (~near & same).sum()
    assert found["tar_at_far_1e-4"].kept is None
    assert found["all_pairs_tar_at_far_1e-3"].accepted is None


def test_pairs_of_people_among_the_false_accepts_are_counted_once():
    pairs, rows = crowd()
    found = Evaluator(pairs).evaluate(rows).operating
    for metric in ("tar_at_far_1e-3", "all_pairs_tar_at_far_1e-3", "all_pairs_tar_at_far_1e-4"):
        every = metric.startswith("all")
        left, right = np.triu_indices(200, 1) if every else (pairs.left, pairs.right)
        who = pairs.people[left], pairs.people[right]
        # A little below it, where the pair that sets it lies.
        threshold = found[metric].point.threshold - 1e-5
        near = 2 - 2 * (rows[left] * rows[right]).sum(axis=1) < threshold
        accepted = near & (who[0] != who[1])
        wanted = {frozenset(both) for both in zip(*(side[accepted] for side in who), strict=True)}
        assert found[metric].people_pairs == len(wanted), metric


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("why", ["resampled", "memory"])
def test_a_set_too_large_to_resample_says_so_and_keeps_its_figures(monkeypatch, why):
    pairs, rows = crowd()
    wanted = Evaluator(pairs).evaluate(rows)
    assert wanted.left_out == ()

    def refused(*_):
        raise MemoryError

    if why == "memory":
        monkeypatch.setattr("suite.verification.evaluator.ResampledAllPairs", refused)
    else:
        monkeypatch.setattr("suite.verification.evaluator.MOST_NEAR", 40)
        monkeypatch.setattr("suite.verification.all_pairs.MOST_NEAR", 40)
    found = Evaluator(pairs).evaluate(rows)
    assert found.figures == wanted.figures
    assert set(wanted.resampled) - set(found.resampled) == {
        "all_pairs_tar_at_far_1e-3",
        "all_pairs_tar_at_far_1e-4",
    }
    (sentence,) = found.left_out
    assert sentence.startswith("no intervals over all pairs")
    assert "78 impostor pairs lie within 4 times FAR=1e-3" in sentence
    assert why in sentence
    ends = interval(found.operating["all_pairs_tar_at_far_1e-3"].resampled)
    assert np.isnan([ends.low, ends.high]).all()
