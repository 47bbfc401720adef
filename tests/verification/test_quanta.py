"""The least step of each share: figures are whole numbers of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from suite.verification import unit_rows
from suite.verification.evaluator import Evaluator, Pairs
from suite.verification.quanta import quanta_of_listed

# Steps that add up in any fold alike.
WHOLE = ("accuracy", "roc_auc", "tar_at_far_1e-3", "all_pairs_tar_at_far_1e-3", "val_at_far_1e-3")


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_whole_numbers_of_their_steps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    people = np.repeat(np.arange(20), 5)
    rows = unit_rows(rng.normal(size=(20, 16))[people] + rng.normal(size=(100, 16)))
    left = rng.integers(100, size=300)
    # Every third pair is genuine, in each fold alike.
    right = np.where(np.arange(300) % 3, (left + 7) % 100, left // 5 * 5 + (left + 1) % 5)
    genuine = people[left] == people[right]
    found = Evaluator(Pairs(left, right, genuine, people)).evaluate(rows.astype(np.float32))
    for name in WHOLE:
        steps = found.figures[name] / found.quanta[name]
        assert steps == pytest.approx(round(steps), abs=1e-6), name
        assert found.quanta[name] == pytest.approx(1 / _pairs_of(name, people, genuine)), name


def _pairs_of(name: str, people: np.ndarray, genuine: np.ndarray) -> int:
    if name == "roc_auc":
        return int(genuine.sum() * (~genuine).sum())
    if name.startswith("all_pairs"):
        return 20 * 5 * 4 // 2
    return len(genuine) if name == "accuracy" else int(genuine.sum())


@given(
    arrays(np.int64, st.integers(2, 12), elements=st.integers(0, 9)),
    st.integers(0, 11),
    st.integers(10, 40),
)
def test_one_pair_moves_the_deviation_of_folds_by_no_more_than_its_step(right, fold, size) -> None:
    """``right`` pairs of each fold of ``size`` are decided rightly; in one fold it is one more."""
    genuine = np.arange(size * len(right)) % 2 == 0
    step = quanta_of_listed(genuine, len(right))["accuracy_std"]
    one_more = right.copy()
    one_more[fold % len(right)] += 1
    moved = abs(np.std(one_more / size) - np.std(right / size))
    assert moved <= step + 1e-12


def test_the_least_fold_has_the_largest_step() -> None:
    genuine = np.tile([True, False, False], 20)
    found = quanta_of_listed(genuine, (15, 45))
    assert found["accuracy"] == pytest.approx(1 / 30)
    assert found["val_at_far_1e-3"] == pytest.approx(1 / 10)
    assert found["val_far_1e-3"] == pytest.approx(1 / 20)
    assert found["eer"] == pytest.approx(1 / 40)
