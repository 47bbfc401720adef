"""Two ways compared on pairs that neither was chosen on."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suite.verification.folds import THRESHOLDS


@dataclass(frozen=True)
class Chosen:
    """The lowest of the thresholds with the best accuracy on some pairs, and that accuracy."""

    threshold: float
    accuracy: float


def best_threshold(distances: NDArray[np.float64], genuine: NDArray[np.bool_]) -> Chosen:
    """Choose a threshold as accuracy by folds does.

    Parameters
    ----------
    distances : float64 [n], squared; n at least 1
    genuine : bool [n]
    """
    right = [float(((distances < each) == genuine).mean()) for each in THRESHOLDS]
    best = int(np.argmax(right))
    return Chosen(float(THRESHOLDS[best]), right[best])


def mcnemar(one_alone: int, other_alone: int) -> float:
    """The p-value of McNemar's exact test, two-sided.

    Parameters
    ----------
    one_alone, other_alone : pairs that one way alone decides rightly, and the other alone

    Examples
    --------
    >>> mcnemar(6, 0), mcnemar(3, 3), mcnemar(0, 0)
    (0.03125, 1.0, 1.0)
    """
    count, fewer = one_alone + other_alone, min(one_alone, other_alone)
    tail = sum(math.comb(count, chosen) for chosen in range(fewer + 1))
    return min(1.0, float(2 * tail / 2**count))
