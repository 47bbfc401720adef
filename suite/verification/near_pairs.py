"""The pairs of a set's images that are near to one another."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from suite.verification.evidence import PairAt

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


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

    def setting(self, threshold: float, accepted: int) -> tuple[PairAt, ...]:
        """What sets a threshold that is the distance of a pair: the first pair rejected, then
        those accepted last, ``accepted`` at most; of tied pairs the first images.
        """
        nearer = np.flatnonzero(self.distances < threshold)
        if len(nearer) > accepted:
            least = np.partition(self.distances[nearer], -accepted)[-accepted]
            nearer = nearer[self.distances[nearer] >= least]
        at = np.flatnonzero(self.distances == threshold)
        return (*self._first(at, 1, accepted=False), *self._first(nearer, accepted, accepted=True))

    def _first(self, places: Indices, count: int, *, accepted: bool) -> list[PairAt]:
        """The farthest of some pairs."""
        sides = np.sort([self.left[places], self.right[places]], axis=0)
        distances = self.distances[places]
        order = np.lexsort((*sides[::-1], -distances))[:count]
        return [
            PairAt(int(sides[0, at]), int(sides[1, at]), float(distances[at]), accepted)
            for at in order
        ]

    def only(self, chosen: NDArray[np.bool_]) -> Self:
        """Some of the pairs."""
        return type(self)(self.distances[chosen], self.left[chosen], self.right[chosen])
