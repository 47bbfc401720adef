"""Every pair of a set's images, exactly and in bounded memory, as BLUFR has them for LFW.

S. Liao, Z. Lei, D. Yi, S. Z. Li: A benchmark study of large-scale unconstrained face recognition,
IJCB 2014.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suite.verification.curves import ErrorCurve, Errors, ScoreHistogram, even_edges, ranks
from suite.verification.distance_bins import BINS, below, bins_of, edge_of, edges_of
from suite.verification.errors import VerificationError
from suite.verification.near_pairs import NearPairs
from suite.verification.pilot import apart_from, foresee
from suite.verification.roc import EqualErrorRate, TarAtFar, accepts_within, crossing
from suite.verification.sweep import Asked, Sweep

Floats = NDArray[np.float32]

# Impostors that are kept with their images: as a share of all, and in memory (some 3 GiB with what
# resampling them needs); beyond that distances alone are.
_NEAR, MOST_NEAR = 0.01, 50_000_000


@dataclass(frozen=True)
class AllPairs:
    """What every pair of the images comes to.

    Attributes
    ----------
    genuine, impostors : pairs of each class
    tar_at_far : one for each target asked for, in that order
    eer, eer_threshold : as `suite.verification.roc.Roc.equal_error_rate` defines them
    curve, scores : what a report draws; counted exactly, at thresholds and edges that are rounded
    kept : the errors at each threshold asked for, in that order
    near : the pairs up to the largest threshold among those targets that are small, both classes;
        none where they are too many
    """

    genuine: int
    impostors: int
    tar_at_far: tuple[TarAtFar, ...]
    eer: float
    eer_threshold: float
    curve: ErrorCurve
    scores: ScoreHistogram
    kept: tuple[Errors, ...]
    near: NearPairs


def all_pairs(
    embeddings: ArrayLike,
    people: ArrayLike,
    far_targets: Sequence[float],
    kept: Sequence[float] = (),
) -> AllPairs:
    """Figures over every genuine and every impostor pair of the images.

    Parameters
    ----------
    embeddings : real numbers [n, d], rows of unit length
    people : int [n], who each image shows
    far_targets : false accept rates, each at least 0 and less than 1
    kept : thresholds of another model, squared distances

    Returns
    -------
    AllPairs
        of n (n − 1) / 2 squared distances, 2 − 2 cos in float32, none below 0

    Raises
    ------
    VerificationError
        An embedding with NaN or infinity, or pairs of one class alone.

    Notes
    -----
    Exact: each figure equals that of all distances sorted. One sweep over the pairs counts
    impostor distances by bins and keeps those among which the thresholds are foreseen; where one
    lies elsewhere, a second sweep keeps the bin that it is in. Memory is that of a tile of products
    a core, the genuine distances and what is kept: of the pairs that are nearer than a FAR of 0.01,
    those up to the largest target.
    """
    rows = np.ascontiguousarray(embeddings, dtype=np.float32)
    broken = int((~np.isfinite(rows)).any(axis=1).sum())
    if broken:
        raise VerificationError(
            f"NaN or infinity in {broken:,} of {len(rows):,} embeddings: no pair of those images "
            "has a distance."
        )
    sweep = Sweep(rows, np.asarray(people))
    for count, name in ((sweep.genuine, "genuine"), (sweep.impostors, "impostor")):
        if not count:
            raise VerificationError(f"The images make no {name} pair: all pairs need both kinds.")
    pairs = _Pairs(sweep, far_targets, kept)
    equal = pairs.equal_error_rate()
    return AllPairs(
        genuine=sweep.genuine,
        impostors=sweep.impostors,
        tar_at_far=tuple(map(pairs.tar_at_far, far_targets)),
        eer=equal.eer,
        eer_threshold=equal.threshold,
        curve=pairs.error_curve(),
        scores=pairs.score_histogram(),
        kept=tuple(map(pairs.errors_at, kept)),
        near=pairs.near,
    )


class _Pairs:
    """Genuine distances sorted; impostor distances counted by bins, and kept in a few of them."""

    def __init__(self, sweep: Sweep, far_targets: Sequence[float], kept: Sequence[float]) -> None:
        self._allowed = {far: accepts_within(far, sweep.impostors) for far in far_targets}
        few = min(_NEAR * sweep.impostors, MOST_NEAR)
        small = [rank for rank in self._allowed.values() if rank <= few]
        asked = foresee(sweep, max(small, default=-1) + 1, bins_of(np.array(kept, np.float32)))
        found = sweep.sweep(asked)
        self.genuine, self.impostors = np.sort(found.genuine), sweep.impostors
        # Impostor pairs in the bins before each bin and, last, in all.
        self._before = np.concatenate([[0], np.cumsum(found.counts)])
        needed = self._needed(small, kept)
        if not asked.covers(needed):
            found = sweep.sweep(needed)
        # The impostor distances that are kept, ascending.
        self._values = np.sort(np.concatenate([found.inside, found.near_impostors.distances]))
        reach = self._distance(max(small)) if small else -1.0
        self.near = NearPairs.joined(
            [
                each.only(each.distances <= reach)
                for each in (found.near_genuine, found.near_impostors)
            ]
        )

    def _needed(self, small: Sequence[int], kept: Sequence[float]) -> Asked:
        """The bins that the figures look into: those of the small ranks with all nearer ones."""
        bound = self._bin_of_rank(max(small)) + 1 if small else 0
        bins = [*map(self._bin_of_rank, self._allowed.values()), *self._around_equal_error()]
        bins += bins_of(np.array(kept, np.float32)).tolist()
        return Asked(bound, apart_from(bound, [(number, number + 1) for number in bins]))

    def _bin_of_rank(self, rank: int) -> int:
        """The bin of the impostor distance of a rank, counted from 0."""
        return int(np.searchsorted(self._before, rank, side="right")) - 1

    def _around_equal_error(self) -> list[int]:
        """The bin in which the error rates cross, and the nearest ones with impostors."""
        edges = edges_of(np.arange(BINS))
        accepted = np.searchsorted(self.genuine, edges, side="left")
        rejected = len(self.genuine) - accepted
        excess = self._before[:-1] * len(self.genuine) - rejected * self.impostors
        crossing = max(0, int(np.argmax(excess >= 0)) - 1 if (excess >= 0).any() else BINS - 1)
        full = np.flatnonzero(np.diff(self._before))
        at = int(np.searchsorted(full, crossing))
        near = full[max(0, at - 1) : at + 2]
        return sorted({crossing, *near.tolist()})

    def _distance(self, rank: int) -> float:
        """The impostor distance of a rank, which lies in a bin that is kept."""
        number = self._bin_of_rank(rank)
        first = np.searchsorted(self._values, edge_of(number), side="left")
        return float(self._values[first + rank - self._before[number]])

    def false_accepts(self, threshold: float) -> int:
        """Impostor pairs with ``d < threshold``, which lies in a bin that is kept or empty."""
        number = int(bins_of(np.array([threshold], np.float32))[0])
        first = below(self._values, edge_of(number))
        return int(self._before[number]) + max(0, below(self._values, threshold) - first)

    def true_accepts(self, threshold: float) -> int:
        """Genuine pairs with ``d < threshold``."""
        return below(self.genuine, threshold)

    def tar_at_far(self, far_target: float) -> TarAtFar:
        """TAR at the impostor distance of a rank, which is the threshold."""
        threshold = self._distance(self._allowed[far_target])
        false_accepts = self.false_accepts(threshold)
        return TarAtFar(
            far_target=far_target,
            tar=self.true_accepts(threshold) / len(self.genuine),
            far=false_accepts / self.impostors,
            threshold=threshold,
            false_accepts=false_accepts,
            impostors=self.impostors,
            genuine=len(self.genuine),
        )

    def errors_at(self, threshold: float) -> Errors:
        """The errors at a threshold, as `false_accepts` counts them."""
        rejected = len(self.genuine) - self.true_accepts(threshold)
        return Errors(self.false_accepts(threshold), rejected)

    def error_curve(self) -> ErrorCurve:
        """Errors at lower edges of bins, where the impostors before a bin are counted exactly."""
        of_impostors = np.searchsorted(self._before, ranks(self.impostors), side="right") - 1
        of_genuine = bins_of(self.genuine[ranks(len(self.genuine))])
        chosen = np.unique(np.concatenate([of_impostors, of_genuine]))
        return ErrorCurve(
            thresholds=edges_of(chosen).astype(np.float64),
            false_accepts=self._before[chosen],
            false_rejects=len(self.genuine) - self._genuine_before(chosen),
            genuine=len(self.genuine),
            impostors=self.impostors,
        )

    def score_histogram(self) -> ScoreHistogram:
        """Both classes in some 60 bins, each of whole bins of the distances."""
        filled = np.flatnonzero(np.diff(self._before))
        nearest, farthest = edges_of(filled[[0, -1]] + np.array([0, 1]))
        ends = (min(nearest, self.genuine[0]), max(farthest, self.genuine[-1]))
        wanted = even_edges(*map(float, ends)).astype(np.float32)
        chosen = np.unique(bins_of(wanted))
        chosen[-1] = max(chosen[-1], bins_of(self.genuine[-1:])[0] + 1, filled[-1] + 1)
        return ScoreHistogram(
            edges=np.minimum(edges_of(chosen).astype(np.float64), 4.0),
            genuine=np.diff(self._genuine_before(chosen)),
            impostors=np.diff(self._before[chosen]),
        )

    def _genuine_before(self, bins: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self.genuine, edges_of(bins), side="left")

    def equal_error_rate(self) -> EqualErrorRate:
        """Where the rates are nearest to equal, among all distances."""
        around = self._around_equal_error()
        ends = edges_of(np.array([around[0], around[-1] + 1]))
        low, high = np.searchsorted(self.genuine, ends)
        # One more on each side: where no impostor lies beyond, its rank is known all the same.
        near = self.genuine[max(0, low - 1) : high + 1]
        first, end = np.searchsorted(self._values, ends)
        return crossing(
            (near, self._values[first:end]),
            self.true_accepts,
            self.false_accepts,
            len(self.genuine),
            self.impostors,
        )
