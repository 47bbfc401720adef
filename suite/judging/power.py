"""What a set can show: the least loss that a paired comparison of two models sees.

A loss is seen where the 95 % interval of the change against FP32, of people drawn again, lies
wholly below 0. The minimum detectable effect is the true loss that is seen with a probability of
80 %: for an estimate with a normal error, z(0.975) + z(0.8) standard errors, 2.8 of them [1]_.

References
----------
.. [1] H. S. Bloom: Minimum detectable effects: a simple way to report the statistical power of
   experimental designs, Evaluation Review 19 (1995).
.. [2] L. Kish: Survey Sampling (1965), 5.4 and 8.2: the design effect of clusters.
"""

from collections.abc import Sequence
from statistics import NormalDist

_POWER = 0.8
_SURE = NormalDist().inv_cdf(0.975)
_BOTH = _SURE + NormalDist().inv_cdf(_POWER)


def detectable_loss(low: float, high: float) -> float:
    """The loss that is seen four times in five, from the 95 % interval of a change.

    The interval is 2 · 1.96 standard errors wide, so that this is 0.71 of its width. It is of the
    spread that the change has as it is measured: a mode that moves more pairs has a wider one.

    >>> round(detectable_loss(-0.010, 0.004), 4)
    0.01
    """
    return _BOTH * (high - low) / (2 * _SURE)


def planned_loss(pairs_of_people: Sequence[int]) -> tuple[float, float]:
    """The losses of TAR that a set sees before anything is measured: at best, and at worst.

    Parameters
    ----------
    pairs_of_people : how many genuine pairs each person has, at least one of them above 0

    Returns
    -------
    Shares of the genuine pairs, at most 1. At best pairs are lost one by one, at worst all of a
    person together.

    Notes
    -----
    Where every pair that changes is lost, the number of those lost varies as a count does: the
    variance of a loss δ of n pairs is δ / n, times Σm² / n where the m pairs of a person go
    together (the design effect [2]_, for people with equally many pairs m itself). δ equal to 2.8
    of its own standard errors is then 2.8² / n, and 2.8² · Σm² / n². Counts of some eight are
    skewed in favour of being seen, so that the true power is above 80 %.

    >>> best, worst = planned_loss([30] * 100)
    >>> round(best, 4), round(worst, 4)
    (0.0026, 0.0785)
    """
    pairs = sum(pairs_of_people)
    best = _BOTH**2 / pairs
    together = sum(count**2 for count in pairs_of_people) / pairs
    return min(1.0, best), min(1.0, best * together)
