"""Pairs by distance, and how much of each class is nearer than a place, in every draw at once.

A draw gives each pair a weight. The weights before every pair in every draw would be an array of
pairs × draws: here they are kept at the ends of some thousand chunks of pairs, and inside of a
chunk they are added up again where a draw's threshold lies in it.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from suite.verification.draws import Counts, Indices, Weights

Sums = NDArray[np.int64]
# Genuine weight, impostor weight and draws, whose shapes broadcast: whether each is far enough.
Reached = Callable[[Sums, Sums, Indices], NDArray[np.bool_]]

# Rows of 1,000 weights that stay in the second-level cache.
TILE = 64
# Sums kept: of all chunks and 1,000 draws 64 MiB.
_CHUNKS, _LEAST = 4096, 256


class RankedPairs:
    """Labelled pairs in the order of their distances, weighed.

    Attributes
    ----------
    distances : real numbers [n], ascending
    genuine : bool [n], of the same pairs; of tied ones the genuine come first
    order : int64 [n], which pair of the list each is
    """

    def __init__(
        self, distances: NDArray[np.floating], genuine: NDArray[np.bool_], weights: Weights
    ) -> None:
        self.order = np.lexsort((~genuine, distances))
        self.distances, self.genuine = distances[self.order], genuine[self.order]
        self._weights = weights
        self._draws = np.arange(weights.draws)
        self._step = max(_LEAST, -(-len(distances) // _CHUNKS))
        starts = range(0, len(distances), self._step)
        self._before = np.zeros((2, len(starts) + 1, weights.draws), np.int64)
        for chunk, start in enumerate(starts, 1):
            pairs = slice(start, start + self._step)
            for labels, weighed in self._tiles(self.order[pairs], self.genuine[pairs]):
                for of_class, mine in enumerate((labels, ~labels)):
                    self._before[of_class, chunk] += added(weighed[mine])
        np.cumsum(self._before, axis=1, out=self._before)

    @property
    def totals(self) -> tuple[Sums, Sums]:
        """The weight of all genuine and of all impostor pairs, int64 [draws] each."""
        genuine, impostors = self._before[:, -1]
        return genuine, impostors

    def place(self, threshold: float) -> int:
        """How many pairs have ``d < threshold``."""
        return int(np.searchsorted(self.distances, threshold, side="left"))

    def _tiles(
        self, order: Indices, genuine: NDArray[np.bool_]
    ) -> Iterator[tuple[NDArray[np.bool_], Counts]]:
        """The labels and the weights, [k, draws], of a few pairs after the other."""
        for first in range(0, len(order), TILE):
            tile = slice(first, first + TILE)
            yield genuine[tile], self._weights.of(order[tile])

    def before(self, places: int | Indices) -> tuple[Sums, Sums]:
        """The weight of genuine and of impostor pairs before a place, or one of each draw."""
        wanted = np.broadcast_to(places, self._draws.shape)
        found = np.empty((2, len(wanted)), np.int64)
        for chunk, draws in _grouped(wanted // self._step):
            inside = wanted[draws] - chunk * self._step
            found[:, draws] = self._inside(chunk, draws)[:, inside, np.arange(len(draws))]
        return found[0], found[1]

    def first(self, reached: Reached) -> Indices:
        """The first place before which enough weight lies, of each draw; n + 1 where none is.

        ``reached`` of a place is true of all places after it too.
        """
        low, high = np.zeros_like(self._draws), np.full_like(self._draws, self._before.shape[1])
        while (low < high).any():
            middle = np.minimum((low + high) // 2, self._before.shape[1] - 1)
            genuine, impostors = self._before[:, middle, self._draws]
            there = reached(genuine, impostors, self._draws)
            going = low < high
            high = np.where(going & there, middle, high)
            low = np.where(going & ~there, middle + 1, low)
        found = np.zeros_like(self._draws)
        # Between the last chunk's end at which it is not reached, and the next.
        for chunk, draws in _grouped(low - 1):
            if chunk >= 0:
                genuine, impostors = self._inside(chunk, draws)
                there = reached(genuine, impostors, draws)
                found[draws] = chunk * self._step + (~there).sum(axis=0)
        return np.where(low == self._before.shape[1], len(self.order) + 1, found)

    def tie_start(self, places: Indices) -> Indices:
        """The first place of those that have a place's distance."""
        return np.searchsorted(self.distances, self.distances[places], side="left")

    def last_impostor(self, end: Indices) -> Indices:
        """The place of the last impostor pair whose distance starts before each of some places."""
        impostors = np.flatnonzero(~self.genuine)
        found: Indices = impostors[np.searchsorted(self.tie_start(impostors), end) - 1]
        return found

    def distinct_around(self, places: Indices) -> tuple[Indices, Indices]:
        """Where the last distance before each of some places starts, and the first from there on.

        Where there is none, the other one.
        """
        starts = np.flatnonzero(np.diff(self.distances, prepend=-np.inf))
        above = np.searchsorted(starts, places)
        return starts[np.maximum(above - 1, 0)], starts[np.minimum(above, len(starts) - 1)]

    def inversions(self) -> Sums:
        """Genuine times impostor weight of all pairs of pairs where the impostor is not farther.

        Twice that where it is nearer, once where both are tied; int64 [draws].
        """
        once = self._nearer_impostors(self.order, self.genuine)
        # With the impostors first of tied pairs; hardly ever are pairs of both classes tied.
        again = np.lexsort((self.genuine, self.distances))
        if np.array_equal(self.genuine[again], self.genuine):
            return 2 * once
        return once + self._nearer_impostors(self.order[again], self.genuine[again])

    def _nearer_impostors(self, order: Indices, genuine: NDArray[np.bool_]) -> Sums:
        """The impostor weight before each genuine pair, times its own, in all."""
        found, before = np.zeros((2, len(self._draws)), np.int64)
        for labels, weighed in self._tiles(order, genuine):
            mine, others = weighed[labels], weighed[~labels]
            found += before * added(mine)
            if len(mine) and len(others):
                sums = running(others)[np.cumsum(~labels)[labels]]
                found += np.einsum("ij,ij->j", mine, sums)
            before += added(others)
        return found

    def _inside(self, chunk: int, draws: Indices) -> Sums:
        """The weight of each class before each place of a chunk, int64 [2, places + 1, draws]."""
        pairs = slice(chunk * self._step, (chunk + 1) * self._step)
        weighed = self._weights.of(self.order[pairs], draws)
        sums = np.empty((2, len(weighed) + 1, len(draws)), np.int64)
        sums[:, 0] = self._before[:, chunk, draws]
        labels = self.genuine[pairs, None]
        for of_class, mine in enumerate((labels, ~labels)):
            np.cumsum(weighed * mine, axis=0, out=sums[of_class, 1:])
        sums[:, 1:] += sums[:, :1]
        return sums


def added(weighed: Counts) -> NDArray[np.integer]:
    """The sum of each column of a few hundred rows, exactly."""
    # A fitting type of 16 bits adds twice as fast as one of 32.
    narrow = weighed.dtype == np.uint8 and len(weighed) < 256
    return np.asarray(weighed.sum(axis=0, dtype=np.uint16 if narrow else np.int64))


def running(weighed: Counts) -> NDArray[np.integer]:
    """The sum of the rows before each of a few, and last of all, [k + 1, draws]."""
    # Products of two sums of a tile of bytes are within 32 bits. Row by row, for numpy's cumsum
    # walks down columns, at five times the cost.
    narrow = weighed.dtype == np.uint8 and len(weighed) <= TILE
    sums = np.zeros((len(weighed) + 1, weighed.shape[1]), np.int32 if narrow else np.int64)
    for row, weight in enumerate(weighed):
        np.add(sums[row], weight, out=sums[row + 1])
    return sums


def _grouped(chunks: Indices) -> Iterator[tuple[int, Indices]]:
    """Each chunk that draws lie in, with those draws."""
    order = np.argsort(chunks, kind="stable")
    for draws in np.split(order, np.flatnonzero(np.diff(chunks[order])) + 1):
        yield int(chunks[draws[0]]), draws
