"""What a set can show, against simulated sets of people drawn anew."""

import numpy as np
import pytest

from suite.judging.power import detectable_loss, planned_loss
from suite.verification.bootstrap import interval
from suite.verification.draws import draw

PEOPLE, PAIRS, SETS = 100, 10, 700
DRAWN = draw(PEOPLE, 300).astype(float)


def seen(lost: np.ndarray) -> tuple[float, float]:
    """How often a loss is seen, and the mean of what the intervals say is seen.

    ``lost`` are the pairs that each person lost, less those gained: [sets, people].
    """
    resampled = -(lost @ DRAWN) / (DRAWN.sum(axis=0) * PAIRS)
    ends = [interval(values) for values in resampled]
    below = np.mean([each.high < 0 for each in ends])
    return float(below), float(np.mean([detectable_loss(e.low, e.high) for e in ends]))


def both_ways(loss: float, together: bool) -> np.ndarray:
    """A twentieth of all is gained, and as many and the loss lost: one by one, or by people."""
    drawn = np.random.default_rng(7).random((SETS, PEOPLE, 1 if together else PAIRS))
    changed = (drawn < 0.05 + loss).astype(int) - (drawn > 0.95)
    return changed.sum(axis=2) * (PAIRS if together else 1)


@pytest.mark.parametrize("together", [False, True])
def test_a_loss_of_what_the_interval_says_is_seen_four_times_in_five(together: bool) -> None:
    loss = 0.0
    # What is said depends on the spread, and that a little on the loss: a few steps settle both.
    for _ in range(4):
        power, loss = seen(both_ways(loss, together))
    assert power == pytest.approx(0.8, abs=0.06)
    assert seen(both_ways(loss / 2, together))[0] < 0.45
    assert seen(both_ways(0.0, together))[0] < 0.05


@pytest.mark.parametrize("together", [False, True])
def test_a_planned_loss_is_seen_at_least_four_times_in_five(together: bool) -> None:
    """Pairs are lost alone: one by one, or all of a person."""
    rng = np.random.default_rng(3)

    def lost(share: float) -> np.ndarray:
        if together:
            return PAIRS * (rng.random((SETS, PEOPLE)) < share)
        return rng.binomial(PAIRS, share, size=(SETS, PEOPLE))

    loss = planned_loss([PAIRS] * PEOPLE)[together]
    assert 0.8 <= seen(lost(loss))[0] < 0.99
    assert seen(lost(loss / 3))[0] < 0.6


def test_people_with_more_pairs_make_a_set_show_less() -> None:
    """Of 1,000 pairs a tenth are one person's: at worst that person is the loss."""
    best, worst = planned_loss([100] + [1] * 900)
    assert best == planned_loss([1] * 1000)[0]
    assert worst == pytest.approx(best * (100**2 + 900) / 1000)
    assert planned_loss([2, 2]) == (1.0, 1.0)
