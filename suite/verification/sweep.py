"""Every pair of a set's images once, in blocks: counted by bins, and kept where that is asked."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.catalog.cores import own_cores
from suite.verification.distance_bins import BINS, SHIFT, edge_of
from suite.verification.near_pairs import NearPairs

Floats = NDArray[np.float32]

BLOCK_ROWS = 256
# Distances of a strip of rows, which stay in the second-level cache.
_STRIP = 1 << 17
# In place of what is no impostor pair: beyond every bin, and every distance.
_NONE = np.float32(8)


@dataclass(frozen=True)
class Asked:
    """Which impostor pairs to keep, by the bins of their distances.

    Attributes
    ----------
    near : pairs in the bins below this one, with their images
    windows : distances alone in the bins from the first to before the second; apart from one
        another and from ``near``
    """

    near: int
    windows: tuple[tuple[int, int], ...] = ()

    def covers(self, other: "Asked") -> bool:
        """Whether all that the other one asks for is asked for."""
        return other.near <= self.near and all(
            end <= self.near or any(low <= first and end <= high for low, high in self.windows)
            for first, end in other.windows
        )


@dataclass(frozen=True, eq=False)
class Swept:
    """What was found of all pairs.

    Attributes
    ----------
    counts : int64 [bins], the impostor pairs
    genuine : float32 [g], every genuine distance
    near_impostors, near_genuine : the pairs in the bins asked for
    inside : float32 [k], the impostor distances in the windows
    """

    counts: NDArray[np.int64]
    genuine: Floats
    near_impostors: NearPairs
    near_genuine: NearPairs
    inside: Floats


class Sweep:
    """The pairs of unit rows, float32 [n, d], of which some show one person, int [n]."""

    def __init__(self, rows: Floats, people: NDArray[Any]) -> None:
        # With a person's images side by side, their pairs are few index ranges of a block.
        self._order = np.argsort(people, kind="stable")
        self.rows, self.people = rows[self._order], people[self._order]
        self._ends = np.searchsorted(self.people, self.people, side="right")
        # Genuine pairs of the rows up to each one with later rows.
        self._until = np.cumsum(self._ends - np.arange(len(rows)) - 1)
        self.genuine = int(self._until[-1]) if len(rows) else 0
        self.impostors = len(rows) * (len(rows) - 1) // 2 - self.genuine

    def sweep(self, asked: Asked) -> Swept:
        """Every pair, of which those asked for are kept."""
        counts = np.zeros(int(_NONE.view(np.uint32) >> SHIFT) + 1, np.int64)
        genuine, own, near = [np.empty(0, np.float32)], [], []
        inside = [np.empty(0, np.float32)]
        work = partial(_strip, asked=asked)
        with ThreadPoolExecutor(own_cores()) as pool:
            for start, products in self._blocks():
                at = self._genuine_of(start, len(products))
                pairs = self._pairs(start, *at, np.maximum(products[at] + np.float32(2), 0))
                genuine.append(pairs.distances)
                own.append(pairs.only(pairs.distances < edge_of(asked.near)))
                products[at] = _NONE - 2
                products[np.tril_indices(len(products))] = _NONE - 2
                height = max(1, _STRIP // products.shape[1])
                firsts = range(0, len(products), height)
                strips = [products[first : first + height] for first in firsts]
                for first, found in zip(firsts, pool.map(work, strips), strict=True):
                    counts[found.least :][: len(found.counts)] += found.counts
                    row, column = np.divmod(found.places, products.shape[1])
                    near.append(self._pairs(start, first + row, column, found.near))
                    inside += found.inside
        return Swept(
            counts[:BINS],
            np.concatenate(genuine),
            NearPairs.joined(near),
            NearPairs.joined(own),
            np.concatenate(inside),
        )

    def _blocks(self) -> Iterator[tuple[int, Floats]]:
        """A block's first row, and -2 cos of its rows with the images from there on."""
        memory = np.empty(min(BLOCK_ROWS, len(self.rows)) * len(self.rows), np.float32)
        for start in range(0, len(self.rows), BLOCK_ROWS):
            # Twice a float is exact, so this is the product's to the bit.
            block, others = -2 * self.rows[start : start + BLOCK_ROWS], self.rows[start:].T
            products = memory[: len(block) * others.shape[1]].reshape(len(block), -1)
            yield start, np.matmul(block, others, out=products)

    def genuine_at(self, ranks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Both rows of genuine pairs by their rank, row by row."""
        left = np.searchsorted(self._until, ranks, side="right")
        return left, self._ends[left] - self._until[left] + ranks

    def _genuine_of(self, start: int, rows: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the genuine pairs of a block lie in it."""
        first = self._until[start - 1] if start else 0
        left, right = self.genuine_at(np.arange(first, self._until[start + rows - 1]))
        return left - start, right - start

    def _pairs(
        self, start: int, row: NDArray[np.int64], column: NDArray[np.int64], distances: Floats
    ) -> NearPairs:
        """Pairs of a block, by the images as they were given."""
        left, right = self._order[start + row], self._order[start + column]
        return NearPairs(distances, left.astype(np.int32), right.astype(np.int32))


@dataclass(frozen=True, eq=False)
class _Found:
    """What a strip has: counts from a least bin on, near distances and their places, windows."""

    least: int
    counts: NDArray[np.int64]
    near: Floats
    places: NDArray[np.int64]
    inside: list[Floats]


def _strip(products: Floats, asked: Asked) -> _Found:
    """What rows of -2 cos have, which are made distances in place."""
    distances = products.reshape(-1)
    distances += np.float32(2)
    nearest = distances.min()
    if nearest < 0:
        nearest = np.maximum(distances, 0, out=distances).min()
    bits, least = distances.view(np.uint32), int(nearest.view(np.uint32) >> SHIFT)
    counts = np.bincount(np.subtract(bits >> SHIFT, least, dtype=np.int64))
    places = np.flatnonzero(distances < edge_of(asked.near))
    inside = []
    for first, end in asked.windows:
        # What is below wraps around to more than any span.
        span = np.uint32((end - first) << SHIFT)
        inside.append(distances[bits - np.uint32(first << SHIFT) < span])
    return _Found(least, counts, distances[places], places, inside)
