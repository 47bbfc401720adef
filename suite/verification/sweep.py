"""Every pair of a set's images once, in tiles: counted by bins, and kept where that is asked."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from suite.catalog.cores import own_cores
from suite.verification.distance_bins import BINS, SHIFT, edge_of
from suite.verification.near_pairs import NearPairs

Floats = NDArray[np.float32]

# A tile of the products stays in a core's second-level cache until it is counted.
TILE_ROWS, TILE_COLUMNS = 256, 512
# In place of what is no impostor pair: beyond every bin, and every distance.
_NONE = np.float32(8)
_TWO = np.float32(2)
# What the lower of two distances leaves of both when its bin is taken.
_LOWER = np.uint64((1 << (32 - SHIFT)) - 1)


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
        # With a person's images side by side, their pairs are one range of columns in each row.
        self._order = np.argsort(people, kind="stable")
        self.rows, self.people = rows[self._order], people[self._order]
        self._ends = np.searchsorted(self.people, self.people, side="right")
        # Genuine pairs of the rows up to each one with later rows.
        self._until = np.cumsum(self._ends - np.arange(len(rows)) - 1)
        self.genuine = int(self._until[-1]) if len(rows) else 0
        self.impostors = len(rows) * (len(rows) - 1) // 2 - self.genuine

    def sweep(self, asked: Asked) -> Swept:
        """Every pair, of which those asked for are kept."""
        counts = _no_counts()
        genuine, near, inside = [], [], [np.empty(0, np.float32)]
        # A core each: BLAS's own threads would stand by, and spin, while a tile is counted.
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(own_cores()) as pool:
            starts = range(0, len(self.rows), TILE_ROWS)
            for found in pool.map(partial(self._block, asked=asked), starts):
                counts += found.counts
                genuine.append(found.genuine)
                near.append(found.near)
                inside += found.inside
        own = NearPairs.joined(genuine)
        return Swept(
            counts[:BINS],
            own.distances,
            NearPairs.joined(near),
            own.only(own.distances < edge_of(asked.near)),
            np.concatenate(inside),
        )

    def genuine_at(self, ranks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Both rows of genuine pairs by their rank, row by row."""
        left = np.searchsorted(self._until, ranks, side="right")
        return left, self._ends[left] - self._until[left] + ranks

    def _block(self, start: int, asked: Asked) -> "_Block":
        """What rows from one on have with the rows after each."""
        # Twice a float is exact, so this is the product's to the bit.
        block = -2 * self.rows[start : start + TILE_ROWS]
        tile = _Tile(len(block), asked)
        genuine, near, inside = [], [], []
        for left in range(start, len(self.rows), TILE_COLUMNS):
            products = tile.multiply(block, self.rows[left : left + TILE_COLUMNS])
            row, column = self._genuine_in(start, left, products.shape)
            at = row - start, column - left
            genuine.append(self._pairs(np.maximum(products[at] + _TWO, 0), row, column))
            products[at] = _NONE - _TWO
            if left == start:
                products[np.tril_indices(len(block), m=products.shape[1])] = _NONE - _TWO
            tile.count()
            row, column = np.divmod(tile.places, products.shape[1])
            near.append(self._pairs(tile.near, start + row, left + column))
            inside += tile.inside
        return _Block(tile.counts, NearPairs.joined(genuine), NearPairs.joined(near), inside)

    def _genuine_in(
        self, start: int, left: int, shape: tuple[int, ...]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Both rows of the genuine pairs of a tile, which begins at a row and a column."""
        if self._ends[start + shape[0] - 1] <= left:  # as most tiles are: those people end before
            return np.empty(0, np.int64), np.empty(0, np.int64)
        rows = np.arange(start, start + shape[0])
        first = np.maximum(rows + 1, left)
        pairs = np.maximum(np.minimum(self._ends[rows], left + shape[1]) - first, 0)
        before = np.cumsum(pairs) - pairs
        return np.repeat(rows, pairs), np.arange(pairs.sum()) + np.repeat(first - before, pairs)

    def _pairs(
        self, distances: Floats, row: NDArray[np.int64], column: NDArray[np.int64]
    ) -> NearPairs:
        """Pairs of rows, by the images as they were given."""
        left, right = self._order[row], self._order[column]
        return NearPairs(distances, left.astype(np.int32), right.astype(np.int32))


@dataclass(frozen=True, eq=False)
class _Block:
    """What a block of rows has: counts of bins, genuine and near pairs, distances in windows."""

    counts: NDArray[np.int64]
    genuine: NearPairs
    near: NearPairs
    inside: list[Floats]


class _Tile:
    """Products, then distances of some rows and columns, in memory that each tile takes again.

    Attributes
    ----------
    counts : int64, by bin, the distances of every tile so far
    near, places : float32 [k] and int64 [k], of this tile the distances that are nearer than the
        bound asked for, and where they are
    inside : of this tile the distances in each window
    """

    def __init__(self, rows: int, asked: Asked) -> None:
        self._asked = asked
        self.counts = _no_counts()
        # One more, for an even number of distances.
        self._distances = np.empty(rows * TILE_COLUMNS + 1, np.float32)
        self._bits = np.empty(len(self._distances) // 2, np.uint64)
        self._chosen = np.empty(len(self._distances), np.bool_)

    def multiply(self, block: Floats, others: Floats) -> Floats:
        """The products of a block's rows with others, float32 [rows, others]."""
        size = len(block) * len(others)
        self._used = self._distances[: size + size % 2]
        self._used[size:] = _NONE - _TWO
        return np.matmul(block, others.T, out=self._used[:size].reshape(len(block), -1))

    def count(self) -> None:
        """Make the products, -2 cos, distances; count them, and find those that are asked for."""
        distances, chosen = self._used, self._chosen[: len(self._used)]
        distances += _TWO
        self.places = np.flatnonzero(np.less(distances, edge_of(self._asked.near), out=chosen))
        self.near = distances[self.places]
        nearest = (self.near if len(self.near) else distances).min()
        if nearest < 0:
            nearest = np.maximum(distances, 0, out=distances).min()
            np.maximum(self.near, 0, out=self.near)
        self.inside = []
        above = self._bits.view(np.uint32)[: len(distances)]
        for first, end in self._asked.windows:
            # What is below wraps around to more than any span.
            np.subtract(distances.view(np.uint32), np.uint32(first << SHIFT), out=above)
            inside = np.less(above, np.uint32((end - first) << SHIFT), out=chosen)
            self.inside.append(distances[inside])
        self._count_bins(int(nearest.view(np.uint32) >> SHIFT))

    def _count_bins(self, least: int) -> None:
        """Count the bins of the distances, none of which is below the least; they are lost by it.

        Two at a time: what ``bincount`` takes is 64 bits wide, and so are two distances.
        """
        two = self._used.view(np.uint64)
        two -= np.uint64(least << SHIFT | least << (SHIFT + 32))
        bins = self._bits[: len(two)]
        for shift in (SHIFT, SHIFT + 32):
            np.right_shift(two, np.uint64(shift), out=bins)
            if shift == SHIFT:
                np.bitwise_and(bins, _LOWER, out=bins)
            found = np.bincount(bins.view(np.int64))
            self.counts[least:][: len(found)] += found


def _no_counts() -> NDArray[np.int64]:
    return np.zeros(int(_NONE.view(np.uint32) >> SHIFT) + 1, np.int64)
