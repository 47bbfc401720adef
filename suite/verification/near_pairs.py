"""The pairs of a set's images that are near to one another."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Pairs of images.

    Attributes
    ----------
    distances : float32 [k]
    left, right : int32 [k], the images
    """

    distances: Floats
    left: NDArray[np.int32]
    right: NDArray[np.int32]

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """All pairs of some parts."""
        if not parts:
            return cls(np.empty(0, np.float32), *np.empty((2, 0), np.int32))
        return cls(
            np.concatenate([part.distances for part in parts]),
            np.concatenate([part.left for part in parts]),
            np.concatenate([part.right for part in parts]),
        )

    def only(self, chosen: NDArray[np.bool_]) -> Self:
        """Some of the pairs."""
        return type(self)(self.distances[chosen], self.left[chosen], self.right[chosen])
