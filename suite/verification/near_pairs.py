"""The pairs of a set's images that are near to one another, with whose they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_BLOCK_ROWS = 256


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Every genuine pair, and the impostor pairs within a reach; each class ascending.

    Attributes
    ----------
    genuine, owners : float32 [g] distances and int64 [g] whose they are
    impostors, left, right : float32 [k] distances and int64 [k] who is on each side
    """

    genuine: Floats
    owners: NDArray[np.int64]
    impostors: Floats
    left: NDArray[np.int64]
    right: NDArray[np.int64]


def near_pairs(rows: Floats, people: NDArray[np.int64], reach: float) -> NearPairs:
    """Every genuine pair of the images, and each impostor pair of a distance up to ``reach``."""
    distances, first, second = [], [], []
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = np.maximum(2 - 2 * (rows[start : start + _BLOCK_ROWS] @ rows[start:].T), 0)
        own = people[start : start + len(block), None] == people[start:]
        one, other = np.nonzero((block <= reach) | own)
        upper = other > one
        one, other = one[upper], other[upper]
        distances.append(block[one, other])
        first.append(people[start + one])
        second.append(people[start + other])
    values, left, right = map(np.concatenate, (distances, first, second))
    order = np.argsort(values, kind="stable")
    values, left, right = values[order], left[order], right[order]
    same = left == right
    return NearPairs(values[same], left[same], values[~same], left[~same], right[~same])
