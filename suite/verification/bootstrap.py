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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suite.catalog.folds import FOLDS
from suite.verification.draws import Counts, Indices, ProductWeights, Weights, narrowed
from suite.verification.folds import THRESHOLDS, Folds, fold_sizes
from suite.verification.near_pairs import NearPairs
from suite.verification.pairs import checked_pairs
from suite.verification.ranked_pairs import TILE, RankedPairs, Sums, added

Floats = NDArray[np.float64]


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
    """The 2.5th and the 97.5th percentile of a resampled figure; NaN where no resample has it."""
    if np.isnan(values).all():
        return Interval(np.nan, np.nan)
    low, high = np.nanquantile(values, (0.025, 0.975))
    return Interval(float(low), float(high))


class ResampledPairs:
    """Figures of the pairs of one set under weights, float64 [resamples] each.

    With every weight 1 each figure is exactly that of `suite.verification.pair_figures.verify`.
    A resample without a genuine or without an impostor pair gives NaN. Sums are integers, so they
    are exact whatever the order; memory is that of a thousand sums of each draw.
    """

    def __init__(
        self, distances: ArrayLike, genuine: ArrayLike, weights: Weights, folds: Folds = FOLDS
    ) -> None:
        self._distances, self._labels = checked_pairs(distances, genuine)
        self._weights, self._folds = weights, folds
        self._ranked = RankedPairs(self._distances, self._labels, weights)

    def accuracy(self) -> Floats:
        """Accuracy by folds; a fold that nobody was drawn for is left out of the mean."""
        ends = np.cumsum(fold_sizes(len(self._distances), self._folds)).tolist()
        folds = [self._correct(*ends_of) for ends_of in zip([0, *ends], ends, strict=False)]
        correct = np.stack([right for right, _ in folds])
        pairs_of_fold = np.stack([pairs for _, pairs in folds], axis=1)
        held_out = np.empty(pairs_of_fold.shape)
        everywhere = correct.sum(axis=0)
        for fold, right in enumerate(correct):
            # The first of the largest: the lowest of the best thresholds.
            chosen = (everywhere - right).argmax(axis=0)
            held_out[:, fold] = np.take_along_axis(right, chosen[None], 0)[0]
        with np.errstate(invalid="ignore"):
            return np.asarray(np.nanmean(held_out / pairs_of_fold, axis=1))

    def _correct(self, start: int, end: int) -> tuple[Sums, Sums]:
        """What each threshold decides rightly of a fold, [400, draws], and all of it, [draws]."""
        first_accepting = np.searchsorted(THRESHOLDS, self._distances[start:end], side="right")
        order = start + np.argsort(first_accepting, kind="stable")
        cells = np.zeros((2, len(THRESHOLDS) + 1, self._weights.draws), np.int64)
        edges = np.cumsum(np.bincount(first_accepting, minlength=cells.shape[1])).tolist()
        for cell, (low, high) in enumerate(zip([0, *edges], edges, strict=False)):
            for first in range(low, high, TILE):
                pairs = order[first : min(first + TILE, high)]
                weighed, mine = self._weights.of(pairs), self._labels[pairs]
                cells[0, cell] += added(weighed[mine])
                cells[1, cell] += added(weighed[~mine])
        genuine, impostors = np.cumsum(cells, axis=1, out=cells)
        right = genuine[:-1] + impostors[-1] - impostors[:-1]
        return right, genuine[-1] + impostors[-1]

    def tar_at_far(self, far_target: float) -> Floats:
        """TAR at the largest threshold whose FAR does not exceed the target."""
        return self.at_fars([far_target])[0].tar

    def at_fars(self, far_targets: Sequence[float]) -> list[ResampledPoint]:
        """The largest threshold whose FAR does not exceed each target, and TAR there."""
        genuine, impostors = self._ranked.totals
        allowed = [target * impostors * (1 + 1e-12) for target in far_targets]
        return [_at_most(self._ranked, false_accepts, genuine) for false_accepts in allowed]

    def tar_at(self, threshold: float) -> Floats:
        """Share of genuine pairs below a fixed threshold."""
        accepted, _ = self._ranked.before(self._ranked.place(threshold))
        return _share(accepted, self._ranked.totals[0])

    def far_at(self, threshold: float) -> Floats:
        """Share of impostor pairs below a fixed threshold."""
        _, accepted = self._ranked.before(self._ranked.place(threshold))
        return _share(accepted, self._ranked.totals[1])

    def auc(self) -> Floats:
        """Area under the ROC curve, ties counted half."""
        genuine, impostors = self._ranked.totals
        worse = self._ranked.inversions() / 2
        with np.errstate(invalid="ignore"):
            return np.asarray(1 - worse / (impostors.astype(np.float64) * genuine))

    def eer(self) -> Floats:
        """Equal error rate: the mean of both rates at the distance where they are nearest."""
        genuine, impostors = self._ranked.totals

        # Times both totals, so that equal gaps are equal exactly.
        def excess(accepted: Sums, false: Sums, draws: Indices) -> Sums:
            return false * genuine[draws] - (genuine[draws] - accepted) * impostors[draws]

        every = np.arange(self._weights.draws)
        crossed = self._ranked.first(lambda near, false, draws: excess(near, false, draws) >= 0)
        below, above = map(self._ranked.before, self._ranked.distinct_around(crossed))
        nearest = np.abs(excess(*below, every)) <= np.abs(excess(*above, every))
        accepted, false = (np.where(nearest, *sums) for sums in zip(below, above, strict=True))
        fmr, fnmr = _share(false, impostors), _share(genuine - accepted, genuine)
        return np.asarray((fmr + fnmr) / 2)


class ResampledAllPairs:
    """TAR over every pair of the images when people are drawn, from the nearest impostors alone.

    A threshold at a FAR lies among the impostors with the least distances, whatever is drawn; how
    much all impostors weigh follows from how many images each person has.
    """

    def __init__(self, near: NearPairs, people: NDArray[np.int64], drawn: Counts) -> None:
        """Take in the pairs.

        Parameters
        ----------
        near : the pairs up to a distance beyond which no resample's threshold is expected
        people : int64 [images], who each image shows, from 0
        drawn : int [people, resamples], how often each person is drawn
        """
        who = people.astype(np.int32)
        weights = ProductWeights(who[near.left], who[near.right], narrowed(drawn))
        self._ranked = RankedPairs(near.distances, weights.left == weights.right, weights)
        images = np.bincount(people)
        self._genuine = np.einsum("p,pd->d", images * (images - 1) // 2, drawn)
        everyone = np.einsum("p,pd->d", images, drawn)
        own = np.einsum("p,pd,pd->d", images**2, drawn, drawn)
        self._impostors = (everyone**2 - own) / 2

    def at_fars(self, far_targets: Sequence[float]) -> list[ResampledPoint]:
        """The largest kept threshold whose FAR does not exceed each target, and TAR there."""
        allowed = [target * self._impostors for target in far_targets]
        return [_at_most(self._ranked, false_accepts, self._genuine) for false_accepts in allowed]


def _at_most(ranked: RankedPairs, allowed: NDArray[np.floating], genuine: Sums) -> ResampledPoint:
    """The largest impostor distance below which no more than the allowed weight lies."""
    beyond = ranked.first(lambda _, impostors, draws: impostors > allowed[draws])
    last = ranked.last_impostor(beyond)
    accepted, _ = ranked.before(ranked.tie_start(last))
    return ResampledPoint(_share(accepted, genuine), ranked.distances[last].astype(np.float64))


def _share(part: Sums, of: NDArray[np.number]) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(part / of)
