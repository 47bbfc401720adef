"""How sure figures are: resampled people, and every figure on the resampled pairs.

Pairs that share a person or an image are not independent, so people are drawn with replacement, not
pairs (for biometrics: the subset bootstrap of Bolle, Ratha and Pankanti 2004 [1]_). A genuine pair
counts as often as its person was drawn. Of all pairs, an impostor pair counts as often as the
product of both people (the vertex bootstrap of Snijders and Borgatti 1999 [2]_). Of a list of
pairs, in which a person has few, the product would triple what a pair varies by itself and make
intervals too wide (Owen 2007 [3]_); there an impostor pair counts as often as both people were
drawn, less one, and at least nothing: the product without what both deviate together. The
simulation in ``tests/experiments/interval_coverage.py`` says how well that holds.

Where nobody says who is who, the images that genuine pairs connect are drawn together instead; one
person may then be several such groups, so these intervals are optimistic. Intervals are the
percentiles of the resampled figures (Efron and Tibshirani 1993).

References
----------
.. [1] R. Bolle, N. Ratha, S. Pankanti: Error analysis of pattern recognition systems - the subsets
   bootstrap, Computer Vision and Image Understanding 93 (2004).
.. [2] T. Snijders, S. Borgatti: Non-parametric standard errors and tests for network statistics,
   Connections 22 (1999).
.. [3] A. Owen: The pigeonhole bootstrap, Annals of Applied Statistics 1 (2007).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suite.catalog.folds import FOLDS
from suite.verification.folds import THRESHOLDS, Folds, fold_sizes
from suite.verification.near_pairs import near_pairs
from suite.verification.pairs import checked_pairs

Floats = NDArray[np.float64]
Weights = NDArray[np.float32]

RESAMPLES = 1000
SEED = 20040101
# Resamples worked on at a time: 128 rows of 6,000 pairs stay in the cache.
_BLOCK = 128


@dataclass(frozen=True)
class Interval:
    """A 95 % interval, both ends included."""

    low: float
    high: float


@dataclass(frozen=True, eq=False)
class ResampledPoint:
    """TAR and the threshold at a FAR in each resample, float64 [resamples]."""

    tar: Floats
    threshold: Floats


def interval(values: Floats) -> Interval:
    """The 2.5th and the 97.5th percentile of a resampled figure."""
    low, high = np.nanquantile(values, (0.025, 0.975))
    return Interval(float(low), float(high))


@dataclass(frozen=True, eq=False)
class Units:
    """What is drawn: the unit of each side of each pair.

    Attributes
    ----------
    left, right : int64 [n], units numbered from 0; the same on both sides of a genuine pair
    count : units in all
    people : whether units are people; otherwise they are images connected by genuine pairs
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
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

    def weights(self, drawn: Weights) -> Weights:
        """How often each pair counts, float32 [b, n], given how often each unit was drawn."""
        counted: Weights = drawn[:, self.left]
        across = np.flatnonzero(self.left != self.right)
        both = counted[:, across] + drawn[:, self.right[across]] - 1
        counted[:, across] = np.maximum(both, 0)
        return counted


def draw(units: int, resamples: int = RESAMPLES, seed: int = SEED) -> Weights:
    """How often each unit is drawn in each resample, float32 [resamples, units]."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(units, size=(resamples, units))
    chosen += np.arange(resamples)[:, None] * units
    counts = np.bincount(chosen.ravel(), minlength=resamples * units)
    return counts.reshape(resamples, units).astype(np.float32)


class ResampledPairs:
    """Figures of the pairs of one set under weights, all resamples at once.

    With every weight 1 each figure is exactly that of `suite.verification.pair_figures.verify`.
    """

    def __init__(self, distances: ArrayLike, genuine: ArrayLike, folds: Folds = FOLDS) -> None:
        self._distances, self._labels = checked_pairs(distances, genuine)
        at = np.arange(len(self._distances))
        self._genuine = _ascending(at[self._labels], self._distances)
        self._impostors = _ascending(at[~self._labels], self._distances)
        self._of_genuine = self._distances[self._genuine]
        self._of_impostors = self._distances[self._impostors]
        ends = np.cumsum(fold_sizes(len(self._distances), folds)).tolist()
        self._folds = [
            _ascending(np.arange(start, end), self._distances)
            for start, end in zip([0, *ends], ends, strict=False)
        ]

    def accuracy(self, weights: Weights) -> Floats:
        """Accuracy by folds; a fold that nobody was drawn for is left out of the mean."""
        correct_of_fold = np.stack([self._correct(weights, fold) for fold in self._folds], axis=1)
        pairs_of_fold = np.stack([weights[:, fold].sum(axis=1) for fold in self._folds], axis=1)
        elsewhere = correct_of_fold.sum(axis=1, keepdims=True) - correct_of_fold
        # The first of the largest: the lowest of the best thresholds.
        chosen = elsewhere.argmax(axis=2)[..., None]
        held_out = np.take_along_axis(correct_of_fold, chosen, 2)[..., 0].astype(np.float64)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.nanmean(held_out / pairs_of_fold, axis=1))

    def _correct(self, weights: Weights, fold: NDArray[np.int64]) -> Weights:
        """The weight of the pairs of a fold that each threshold decides rightly, [b, 400]."""
        # At threshold 0 the impostors are right; each pair passed on the way up changes that.
        signed = np.where(self._labels[fold], 1, -1).astype(np.float32)
        gained = np.zeros((len(weights), len(fold) + 1), np.float32)
        np.cumsum(weights[:, fold] * signed, axis=1, out=gained[:, 1:])
        passed = np.searchsorted(self._distances[fold], THRESHOLDS, side="left")
        at_zero = weights[:, fold[~self._labels[fold]]].sum(axis=1)
        right: Weights = at_zero[:, None] + gained[:, passed]
        return right

    def tar_at_far(self, weights: Weights, far_target: float) -> Floats:
        """TAR at the largest threshold whose FAR does not exceed the target."""
        return self.at_fars(weights, [far_target])[0].tar

    def at_fars(self, weights: Weights, far_targets: Sequence[float]) -> list[ResampledPoint]:
        """The largest threshold whose FAR does not exceed each target, and TAR there."""
        below = _below(weights[:, self._impostors])
        ties = np.searchsorted(self._of_impostors, self._of_impostors, side="left")
        accepted = np.searchsorted(self._of_genuine, self._of_impostors, side="left")
        genuine = _below(weights[:, self._genuine])
        found = []
        for target in far_targets:
            within = below[:, ties] <= target * below[:, -1:] * (1 + 1e-12)
            last = within.sum(axis=1) - 1
            share = _share_of(genuine, accepted[last])
            found.append(ResampledPoint(share, self._of_impostors[last]))
        return found

    def tar_at(self, weights: Weights, threshold: float) -> Floats:
        """Share of genuine pairs below a fixed threshold."""
        accepted = np.searchsorted(self._of_genuine, threshold, side="left")
        return _share(weights[:, self._genuine], np.full(len(weights), accepted))

    def far_at(self, weights: Weights, threshold: float) -> Floats:
        """Share of impostor pairs below a fixed threshold."""
        accepted = np.searchsorted(self._of_impostors, threshold, side="left")
        return _share(weights[:, self._impostors], np.full(len(weights), accepted))

    def auc(self, weights: Weights) -> Floats:
        """Area under the ROC curve, ties counted half."""
        below = _below(weights[:, self._impostors])
        less = np.searchsorted(self._of_impostors, self._of_genuine, side="left")
        less_or_tied = np.searchsorted(self._of_impostors, self._of_genuine, side="right")
        of_genuine = weights[:, self._genuine].astype(np.float64)
        worse = ((below[:, less] + below[:, less_or_tied]) * of_genuine).sum(axis=1) / 2
        with np.errstate(invalid="ignore"):
            return np.asarray(1 - worse / (below[:, -1] * of_genuine.sum(axis=1)))

    def eer(self, weights: Weights) -> Floats:
        """Equal error rate: the mean of both rates at the distance where they are nearest."""
        merged = np.argsort(self._distances, kind="stable")
        ranks = np.searchsorted(self._distances[merged], self._distances[merged], side="left")
        ordered, labels = weights[:, merged], self._labels[merged]
        accepted = _below(np.where(labels, ordered, 0))
        false = _below(np.where(labels, 0, ordered))
        genuine, impostors = accepted[:, -1:], false[:, -1:]
        rejected, false = genuine - accepted[:, ranks], false[:, ranks]
        # Times both totals, so that equal gaps are equal exactly.
        nearest = np.abs(false * genuine - rejected * impostors).argmin(axis=1)[:, None]
        with np.errstate(invalid="ignore"):
            fmr = np.take_along_axis(false, nearest, 1) / impostors
            fnmr = np.take_along_axis(rejected, nearest, 1) / genuine
        return np.asarray((fmr + fnmr)[:, 0] / 2)


class ResampledAllPairs:
    """TAR over every pair of the images when people are drawn, from the nearest impostors alone.

    A threshold at a FAR lies among the impostors with the least distances, whatever is drawn; how
    much all impostors weigh follows from how many images each person has.
    """

    def __init__(self, rows: NDArray[np.float32], people: NDArray[np.int64], reach: float) -> None:
        """Take in the images.

        Parameters
        ----------
        rows : float32 [n, d], embeddings of unit length
        people : int [n], who each image shows, from 0
        reach : the distance beyond which no resample's threshold is expected
        """
        self._images = np.bincount(people).astype(np.float64)
        near = near_pairs(rows, people, reach)
        self._genuine, self._owners = near.genuine, near.owners
        self._nearest, self._left, self._right = near.impostors, near.left, near.right

    @property
    def people(self) -> int:
        """How many people are drawn from."""
        return len(self._images)

    def tar_at_far(self, drawn: Weights, far_target: float) -> Floats:
        """TAR at the largest kept threshold whose FAR does not exceed the target, [b]."""
        return self.at_fars(drawn, [far_target])[0].tar

    def at_fars(self, drawn: Weights, far_targets: Sequence[float]) -> list[ResampledPoint]:
        """The largest kept threshold whose FAR does not exceed each target, and TAR there."""
        images = drawn * self._images
        everyone = (images.sum(axis=1) ** 2 - (images**2).sum(axis=1)) / 2
        below = _below(drawn[:, self._left] * drawn[:, self._right])
        ties = np.searchsorted(self._nearest, self._nearest, side="left")
        accepted = np.searchsorted(self._genuine, self._nearest, side="left")
        genuine = _below(drawn[:, self._owners])
        found = []
        for target in far_targets:
            last = (below[:, ties] <= target * everyone[:, None]).sum(axis=1) - 1
            share = _share_of(genuine, accepted[last])
            found.append(ResampledPoint(share, self._nearest[last].astype(np.float64)))
        return found


def resample(drawn: Weights, figures: Callable[[Weights], dict[str, Floats]]) -> dict[str, Floats]:
    """Figures of every resample, float64 [resamples] by name, in blocks of bounded memory.

    ``figures`` is given how often each unit was drawn, float32 [b, units]. A resample without a
    genuine or without an impostor pair gives NaN.
    """
    parts = [figures(drawn[start : start + _BLOCK]) for start in range(0, len(drawn), _BLOCK)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _ascending(at: NDArray[np.int64], distances: Floats) -> NDArray[np.int64]:
    return at[np.argsort(distances[at], kind="stable")]


def _below(weights: Weights) -> Floats:
    """The weight before each place and, last, in all: float64 [b, n + 1]."""
    below = np.zeros((len(weights), weights.shape[1] + 1))
    np.cumsum(weights, axis=1, out=below[:, 1:])
    return below


def _share(weights: Weights, accepted: NDArray[np.int64]) -> Floats:
    return _share_of(_below(weights), accepted)


def _share_of(below: Floats, accepted: NDArray[np.int64]) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(below[np.arange(len(below)), accepted] / below[:, -1])
