"""Every pair of a set's images, exactly and in bounded memory, as BLUFR has them for LFW.

S. Liao, Z. Lei, D. Yi, S. Z. Li: A benchmark study of large-scale unconstrained face recognition,
IJCB 2014.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suite.verification.curves import ErrorCurve, Errors, ScoreHistogram, even_edges, ranks
from suite.verification.errors import VerificationError
from suite.verification.roc import EqualErrorRate, TarAtFar, accepts_within, crossing

Floats = NDArray[np.float32]

_BLOCK_ROWS = 256
# Positive floats are in the order of their bits, so cutting bits off makes bins with exact edges.
_SHIFT = 13
_BINS = (0x40800000 >> _SHIFT) + 2  # up to 4, the largest squared distance of unit rows


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
    """

    genuine: int
    impostors: int
    tar_at_far: tuple[TarAtFar, ...]
    eer: float
    eer_threshold: float
    curve: ErrorCurve
    scores: ScoreHistogram
    kept: tuple[Errors, ...] = ()


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
    Exact: each figure equals that of all distances sorted. A first pass counts impostor distances
    by bins; a second keeps those of the bins in which a threshold lies. Memory is that of a block
    of 256 rows, the genuine distances and those bins.
    """
    rows = np.ascontiguousarray(embeddings, dtype=np.float32)
    broken = int((~np.isfinite(rows)).any(axis=1).sum())
    if broken:
        raise VerificationError(
            f"NaN or infinity in {broken:,} of {len(rows):,} embeddings: no pair of those images "
            "has a distance."
        )
    pairs = _Pairs(rows, np.asarray(people))
    allowed = [accepts_within(target, pairs.impostors) for target in far_targets]
    pairs.keep(
        [pairs.bin_of_rank(rank) for rank in allowed]
        + pairs.bins_around_equal_error()
        + _bins(np.array(kept, np.float32)).tolist()
    )
    equal = pairs.equal_error_rate()
    return AllPairs(
        genuine=len(pairs.genuine),
        impostors=pairs.impostors,
        tar_at_far=tuple(map(pairs.tar_at_far, far_targets, allowed)),
        eer=equal.eer,
        eer_threshold=equal.threshold,
        curve=pairs.error_curve(),
        scores=pairs.score_histogram(),
        kept=tuple(map(pairs.errors_at, kept)),
    )


class _Pairs:
    """Genuine distances sorted; impostor distances counted by bins, and kept in a few of them."""

    def __init__(self, rows: NDArray[np.float32], people: NDArray[Any]) -> None:
        # With a person's images side by side, their pairs are few index ranges of a block.
        order = np.argsort(people, kind="stable")
        self._rows = rows[order]
        self._same = _genuine_pairs(people[order])
        histogram = np.zeros(_BINS, np.int64)
        own: list[Floats] = [np.empty(0, np.float32)]
        for distances, genuine in self._blocks():
            histogram += np.bincount(_bins(distances), minlength=_BINS)
            histogram -= np.bincount(_bins(genuine), minlength=_BINS)
            own.append(genuine)
        self.genuine = np.sort(np.concatenate(own))
        # Impostor pairs in the bins before each bin and, last, in all.
        self._before = np.concatenate([[0], np.cumsum(histogram)])
        self.impostors = int(self._before[-1])
        self._kept: dict[int, Floats] = {}
        for count, name in ((len(self.genuine), "genuine"), (self.impostors, "impostor")):
            if not count:
                raise VerificationError(
                    f"The images make no {name} pair: all pairs need both kinds."
                )

    def _blocks(self) -> Iterator[tuple[Floats, Floats]]:
        """All distances of a block of rows with the images after them, and the genuine ones."""
        count = len(self._rows)
        for start in range(0, count, _BLOCK_ROWS):
            block = self._rows[start : start + _BLOCK_ROWS]
            distances = np.maximum(2 - 2 * (block @ self._rows[start:].T), np.float32(0))
            size = len(block)
            triangle = distances[:, :size][np.triu_indices(size, 1)]
            first, last = np.searchsorted(self._same[0], (start, start + size))
            at = (self._same[0][first:last] - start, self._same[1][first:last] - start)
            yield np.concatenate([distances[:, size:].ravel(), triangle]), distances[at]

    def keep(self, bins: Sequence[int]) -> None:
        """Hold the sorted impostor distances of these bins."""
        wanted = np.zeros(_BINS, np.bool_)
        wanted[list(bins)] = True
        found: list[Floats] = [np.empty(0, np.float32)]
        genuine = self.genuine[wanted[_bins(self.genuine)]]
        for distances, _ in self._blocks():
            found.append(distances[wanted[_bins(distances)]])
        values = np.sort(np.concatenate(found))
        # The genuine distances are among them, equal to the bit: the blocks are the same.
        values = np.delete(values, _places(values, genuine))
        places = _bins(values)
        for number in set(bins):
            low, high = np.searchsorted(places, (number, number + 1))
            self._kept[number] = values[low:high]

    def bin_of_rank(self, rank: int) -> int:
        """The bin of the impostor distance of a rank, counted from 0."""
        return int(np.searchsorted(self._before, rank, side="right")) - 1

    def bins_around_equal_error(self) -> list[int]:
        """The bin in which the error rates cross, and the nearest ones with impostors."""
        edges = (np.arange(_BINS, dtype=np.uint32) << np.uint32(_SHIFT)).view(np.float32)
        accepted = np.searchsorted(self.genuine, edges, side="left")
        rejected = len(self.genuine) - accepted
        excess = self._before[:-1] * len(self.genuine) - rejected * self.impostors
        crossing = max(0, int(np.argmax(excess >= 0)) - 1 if (excess >= 0).any() else _BINS - 1)
        full = np.flatnonzero(np.diff(self._before))
        at = int(np.searchsorted(full, crossing))
        near = full[max(0, at - 1) : at + 2]
        return sorted({crossing, *near.tolist()})

    def false_accepts(self, threshold: float) -> int:
        """Impostor pairs with ``d < threshold``, which lies in a bin that is kept or empty."""
        number = int(_bins(np.array([threshold], np.float32))[0])
        kept = self._kept.get(number, np.empty(0, np.float32))
        return int(self._before[number] + np.searchsorted(kept, threshold, side="left"))

    def true_accepts(self, threshold: float) -> int:
        """Genuine pairs with ``d < threshold``."""
        return int(np.searchsorted(self.genuine, threshold, side="left"))

    def tar_at_far(self, far_target: float, allowed: int) -> TarAtFar:
        """TAR at the impostor distance of a rank, which is the threshold."""
        number = self.bin_of_rank(allowed)
        threshold = float(self._kept[number][allowed - int(self._before[number])])
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
        of_genuine = _bins(self.genuine[ranks(len(self.genuine))])
        chosen = np.unique(np.concatenate([of_impostors, of_genuine]))
        return ErrorCurve(
            thresholds=_edges(chosen).astype(np.float64),
            false_accepts=self._before[chosen],
            false_rejects=len(self.genuine) - self._genuine_before(chosen),
            genuine=len(self.genuine),
            impostors=self.impostors,
        )

    def score_histogram(self) -> ScoreHistogram:
        """Both classes in some 60 bins, each of whole bins of the distances."""
        filled = np.flatnonzero(np.diff(self._before))
        nearest, farthest = _edges(filled[[0, -1]] + np.array([0, 1]))
        ends = (min(nearest, self.genuine[0]), max(farthest, self.genuine[-1]))
        wanted = even_edges(*map(float, ends)).astype(np.float32)
        chosen = np.unique(_bins(wanted))
        chosen[-1] = max(chosen[-1], _bins(self.genuine[-1:])[0] + 1, filled[-1] + 1)
        return ScoreHistogram(
            edges=np.minimum(_edges(chosen).astype(np.float64), 4.0),
            genuine=np.diff(self._genuine_before(chosen)),
            impostors=np.diff(self._before[chosen]),
        )

    def _genuine_before(self, bins: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self.genuine, _edges(bins), side="left")

    def equal_error_rate(self) -> EqualErrorRate:
        """Where the rates are nearest to equal, among all distances."""
        around = self.bins_around_equal_error()
        low, high = np.searchsorted(self.genuine, [_edge(around[0]), _edge(around[-1] + 1)])
        # One more on each side: where no impostor lies beyond, its rank is known all the same.
        near = self.genuine[max(0, low - 1) : high + 1]
        impostors = np.concatenate([self._kept[number] for number in around])
        return crossing(
            (near, impostors),
            self.true_accepts,
            self.false_accepts,
            len(self.genuine),
            self.impostors,
        )


def _bins(distances: Floats) -> NDArray[np.int64]:
    return (distances.view(np.uint32) >> _SHIFT).astype(np.int64)


def _edge(number: int) -> np.float32:
    """The least distance of a bin."""
    edge: np.float32 = _edges(np.array([number]))[0]
    return edge


def _edges(numbers: NDArray[np.int64]) -> Floats:
    """The least distance of each bin."""
    return (numbers.astype(np.uint32) << np.uint32(_SHIFT)).view(np.float32)


def _genuine_pairs(people: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Both images of every genuine pair, where a person's images are side by side."""
    first = np.arange(len(people))
    end = np.searchsorted(people, people, side="right")
    after = end - first - 1
    left = np.repeat(first, after)
    step = np.arange(len(left)) - np.repeat(np.cumsum(after) - after, after)
    return left, left + 1 + step


def _places(values: Floats, among: Floats) -> NDArray[np.int64]:
    """Where sorted ``among``, ties included, lie in sorted ``values`` that hold them all."""
    first = np.searchsorted(values, among, side="left")
    rank = np.arange(len(among)) - np.searchsorted(among, among, side="left")
    return first + rank
