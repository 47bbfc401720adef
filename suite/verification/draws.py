"""What is drawn with replacement, how often, and how often a pair counts for it."""

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Indices = NDArray[np.int64]
# uint8, or what a draw's largest count asks for: products and sums of two of them fit too.
Counts = NDArray[np.unsignedinteger[Any]]

RESAMPLES = 1000
SEED = 20040101
# Draws made at a time: so many rows of 64-bit choices are held.
_BLOCK = 64


class Weights(Protocol):
    """How often each pair of a list counts in each draw."""

    @property
    def draws(self) -> int:
        """How many draws there are."""

    def of(self, pairs: Indices, draws: Indices | None = None) -> Counts:
        """How often pairs count in each draw, or in some of them: [pairs, draws], a new array."""


@dataclass(frozen=True, eq=False)
class _Sides:
    """Pairs by their units, and how often each unit was drawn.

    Attributes
    ----------
    left, right : int [n], units numbered from 0; the same on both sides of a genuine pair
    drawn : [units, draws]
    """

    left: NDArray[np.integer[Any]]
    right: NDArray[np.integer[Any]]
    drawn: Counts

    @property
    def draws(self) -> int:
        """How many draws there are."""
        return len(self.drawn.T)

    def _both(self, pairs: Indices, draws: Indices | None) -> tuple[Counts, Counts]:
        """How often each side was drawn; 1 for the right one of a genuine pair."""
        one, other = self.left[pairs], self.right[pairs]
        if draws is None:
            sides = self.drawn[one], self.drawn[other]
        else:
            sides = self.drawn[one[:, None], draws], self.drawn[other[:, None], draws]
        sides[1][one == other] = 1
        return sides


class ListedWeights(_Sides):
    """A genuine pair as often as its unit, another as often as both units, less one, or never."""

    def of(self, pairs: Indices, draws: Indices | None = None) -> Counts:
        """How often pairs count in each draw, or in some of them: [pairs, draws], a new array."""
        counted, other = self._both(pairs, draws)
        counted += other
        np.maximum(counted, 1, out=counted)
        counted -= 1
        return counted


class ProductWeights(_Sides):
    """A genuine pair as often as its unit, another as often as the product of both."""

    def of(self, pairs: Indices, draws: Indices | None = None) -> Counts:
        """How often pairs count in each draw, or in some of them: [pairs, draws], a new array."""
        counted, other = self._both(pairs, draws)
        counted *= other
        return counted


@dataclass(frozen=True, eq=False)
class Units:
    """What is drawn: the unit of each side of each pair.

    Attributes
    ----------
    left, right : int64 [n], units numbered from 0; the same on both sides of a genuine pair
    count : units in all
    people : whether units are people; otherwise they are images connected by genuine pairs
    """

    left: Indices
    right: Indices
    count: int
    people: bool

    @classmethod
    def of_people(cls, left: ArrayLike, right: ArrayLike) -> Self:
        """Units from who is shown on each side of each pair, int [n]."""
        sides = np.concatenate([np.asarray(left), np.asarray(right)])
        known, numbers = np.unique(sides, return_inverse=True)
        half = len(sides) // 2
        return cls(numbers[:half], numbers[half:], len(known), people=True)

    @classmethod
    def of_images(cls, left: ArrayLike, right: ArrayLike, genuine: ArrayLike) -> Self:
        """Units from the images of each pair, int [n]: those that genuine pairs connect.

        Such a group is of one person, of whom there may be others: what they share stays unknown.
        """
        one, other = np.asarray(left, np.int64), np.asarray(right, np.int64)
        linked = np.asarray(genuine, np.bool_)
        group = np.arange(max(int(one.max()), int(other.max())) + 1)
        while True:
            before = group.copy()
            least = np.minimum(group[one[linked]], group[other[linked]])
            np.minimum.at(group, one[linked], least)
            np.minimum.at(group, other[linked], least)
            group = group[group]
            if np.array_equal(group, before):
                break
        known, numbers = np.unique(group[np.concatenate([one, other])], return_inverse=True)
        return cls(numbers[: len(one)], numbers[len(one) :], len(known), people=False)

    def weights(self, drawn: ArrayLike) -> ListedWeights:
        """How often each pair counts, given how often each unit was drawn, int [units, draws]."""
        return ListedWeights(self.left, self.right, narrowed(drawn))


def draw(units: int, resamples: int = RESAMPLES, seed: int = SEED) -> Counts:
    """How often each unit is drawn in each resample, [units, resamples]."""
    rng = np.random.default_rng(seed)
    drawn = np.empty((units, resamples), np.uint16)
    for start in range(0, resamples, _BLOCK):
        block = min(_BLOCK, resamples - start)
        chosen = rng.integers(units, size=(block, units))
        chosen += np.arange(block)[:, None] * units
        counts = np.bincount(chosen.ravel(), minlength=block * units)
        drawn[:, start : start + block] = counts.reshape(block, units).T
    return narrowed(drawn)


def narrowed(drawn: ArrayLike) -> Counts:
    """Counts in the least type that holds the sum and the product of any two of them."""
    counts = np.asarray(drawn)
    most = int(counts.max(initial=0))
    return counts.astype(np.min_scalar_type(max(most * most, 2 * most)), copy=False)
