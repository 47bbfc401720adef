"""The rule by which a mutation harms, worked by hand and held to scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_curve

from tests.mutations.harm import FAR, Harm, Seen, harm_between

PEOPLE = np.repeat(np.arange(60), 4)


def made(seed: int = 0, noise: float = 1.0) -> np.ndarray:
    """Embeddings of people in four pictures each, of unit length."""
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.standard_normal((60, 16)), 4, axis=0)
    rows = rows + noise * np.random.default_rng(seed).standard_normal(rows.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def seen(rows: np.ndarray, length: float = 1.0) -> Seen:
    return Seen(rows, np.full((len(rows), 1), length, np.float32))


def tar(rows: np.ndarray) -> float:
    one, other = np.triu_indices(len(rows), 1)
    far, tar, _ = roc_curve(PEOPLE[one] == PEOPLE[other], (rows[one] * rows[other]).sum(axis=1))
    return float(tar[far <= FAR].max())


def test_the_same_does_no_harm() -> None:
    harm = harm_between(seen(made()), seen(made()), PEOPLE)
    assert harm.same
    assert not harm.reasons
    assert harm.far_times <= 1


def test_tar_is_that_of_scikit_learn() -> None:
    before, after = made(), made(1, noise=1.2)
    harm = harm_between(seen(before), seen(after), PEOPLE)
    assert harm.tar_lost == pytest.approx(tar(before) - tar(after), abs=2e-3)
    assert harm.tar_lost > 0.005


def test_a_common_turn_loses_no_tar_and_harms() -> None:
    rows = made()
    turn = np.eye(16)
    turn[:2, :2] = [[0, 1], [-1, 0]]
    harm = harm_between(seen(rows), seen((rows @ turn).astype(np.float32)), PEOPLE)
    assert harm.tar_lost == pytest.approx(0, abs=1e-6)
    assert any("turned" in reason for reason in harm.reasons)


def test_a_turn_of_one_image_in_200_is_within_the_rule() -> None:
    rows = made()
    other = rows.copy()
    other[0] = rows[7]
    harm = harm_between(seen(rows), seen(other), PEOPLE)
    assert harm.degrees > 8
    assert not any("turned" in reason for reason in harm.reasons)


@pytest.mark.parametrize(("length", "harms"), [(1.04, False), (1.06, True), (0.5, True)])
def test_lengths_harm_from_a_twentieth_on(length: float, harms: bool) -> None:
    harm = harm_between(seen(made()), seen(made(), length), PEOPLE)
    assert bool(harm.reasons) is harms


def test_scores_that_all_rise_are_false_accepts_at_the_kept_threshold() -> None:
    rows = made()
    up = np.concatenate([rows * np.sqrt(0.9), np.full((len(rows), 1), np.sqrt(0.1))], axis=1)
    padded = np.concatenate([rows, np.zeros((len(rows), 1))], axis=1)
    harm = harm_between(seen(padded.astype(np.float32)), seen(up.astype(np.float32)), PEOPLE)
    assert harm.far_times > 1.5


def test_nan_is_no_embedding() -> None:
    rows = made()
    rows[3] = np.nan
    assert harm_between(seen(made()), seen(rows), PEOPLE) == Harm(unusable=True)
