"""Bins of float32 distances with exact edges: 1,024 from each power of two to the next."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Positive floats are in the order of their bits, so cutting bits off makes bins with exact edges.
SHIFT = 13
BINS = (0x40800000 >> SHIFT) + 2  # up to 4, the largest squared distance of unit rows


def bins_of(distances: Floats) -> NDArray[np.int64]:
    """The bin of each distance, of which none is below 0."""
    return (distances.view(np.uint32) >> SHIFT).astype(np.int64)


def edges_of(numbers: NDArray[np.int64]) -> Floats:
    """The least distance of each bin."""
    return (numbers.astype(np.uint32) << np.uint32(SHIFT)).view(np.float32)


def edge_of(number: int) -> np.float32:
    """The least distance of a bin."""
    edge: np.float32 = edges_of(np.array([number]))[0]
    return edge


def below(distances: Floats, threshold: float | np.float32) -> int:
    """How many of ascending distances have ``d < threshold``, with no copy of them in float64."""
    nearest = np.float32(threshold)
    # Between the threshold and the float32 nearest to it lies no other.
    side: Literal["left", "right"] = "right" if float(nearest) < float(threshold) else "left"
    return int(np.searchsorted(distances, nearest, side=side))
