"""The pairs of a set's images that are near to one another, with whose they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_BLOCK_ROWS = 256


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Every genuine pair, and the impostor pairs within a reach.

    Attributes
    ----------
    distances : float32 [k]
    left, right : int32 [k], who is on each side
    """

    distances: Floats
    left: NDArray[np.int32]
    right: NDArray[np.int32]


def near_pairs(rows: Floats, people: NDArray[np.int64], reach: float) -> NearPairs:
    """Every genuine pair of the images, and each impostor pair of a distance up to ``reach``."""
    who = people.astype(np.int32)
    distances, left, right = [], [], []
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = np.maximum(2 - 2 * (rows[start : start + _BLOCK_ROWS] @ rows[start:].T), 0)
        own = who[start : start + len(block), None] == who[start:]
        one, other = np.nonzero((block <= reach) | own)
        upper = other > one
        one, other = one[upper], other[upper]
        distances.append(block[one, other])
        left.append(who[start + one])
        right.append(who[start + other])
    return NearPairs(*map(np.concatenate, (distances, left, right)))
