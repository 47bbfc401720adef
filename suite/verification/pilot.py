"""Where thresholds will lie, foreseen from some of the images, so that one sweep is enough."""

import numpy as np
from numpy.typing import NDArray

from suite.verification.distance_bins import BINS, bins_of
from suite.verification.sweep import Asked, Sweep

Floats = NDArray[np.float32]
Bins = tuple[int, int]

# An eighth of the images makes a 64th of their pairs.
_SHARE, _LEAST, _MOST = 1 / 8, 256, 2048
_GENUINE = 1 << 14
# False accept rates, evenly, among which the equal one is looked for: finer than it is known.
_RATES = 1 << 17
# Of a share of the sampled pairs, how far the share of all may be off: in part by as much of
# itself (an image is in many pairs), in part by as many standard deviations of a count.
_OF_ITSELF, _DEVIATIONS = 0.25, 5
# Distances alone are kept on a guess where they are few, or a small share of all.
_FEW, _SMALL = 4_000_000, 0.02


def foresee(sweep: Sweep, near: int, kept: NDArray[np.int64]) -> Asked:
    """What to keep so that the thresholds are among it, very likely.

    Parameters
    ----------
    near : how many of the nearest impostor pairs are wanted
    kept : int64, the bins of thresholds that are known
    """
    count = min(max(int(len(sweep.rows) * _SHARE), _LEAST), _MOST)
    chosen = np.unique(np.linspace(0, len(sweep.rows) - 1, count).astype(np.int64))
    rows, people = sweep.rows[chosen], sweep.people[chosen]
    apart = np.triu(people[:, None] != people)
    impostors = np.sort(np.maximum(2 - 2 * (rows @ rows.T)[apart], 0))
    if not len(impostors):
        return Asked(BINS - 1)
    bound = BINS - 1
    rank = near / sweep.impostors * len(impostors)
    most = int(rank * (1 + _OF_ITSELF) + _DEVIATIONS * (rank**0.5 + 1))
    if not near:
        bound = 0
    elif most < len(impostors):
        bound = int(bins_of(impostors[most : most + 1])[0]) + 1
    few = max(_FEW / sweep.impostors, _SMALL)
    windows = [_around_equal_error(_some_genuine(sweep), impostors, few)]
    windows += [(number, number + 1) for number in kept.tolist()]
    return Asked(bound, apart_from(bound, windows))


def apart_from(bound: int, windows: list[Bins]) -> tuple[Bins, ...]:
    """Windows from a bound on, those that meet joined."""
    joined: list[Bins] = []
    for first, end in sorted(windows):
        first, end = max(first, bound), min(end, BINS - 1)
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif first < end:
            joined.append((first, end))
    return tuple(joined)


def _some_genuine(sweep: Sweep) -> Floats:
    """The distances of some genuine pairs, up to rounding, ascending."""
    ranks = np.unique(np.linspace(0, sweep.genuine - 1, _GENUINE).astype(np.int64))
    left, right = sweep.genuine_at(ranks)
    cosines = np.einsum("ij,ij->i", sweep.rows[left], sweep.rows[right])
    return np.sort(np.maximum(2 - 2 * cosines, 0))


def _around_equal_error(genuine: Floats, impostors: Floats, few: float) -> Bins:
    """The bins in which all error rates cross, very likely; none where they hold more than few."""
    impostors = impostors[:: max(1, len(impostors) // _RATES)]
    rejected = 1 - np.searchsorted(genuine, impostors) / len(genuine)
    false = np.arange(len(impostors)) / len(impostors)
    rate = max(float(false[np.searchsorted(false - rejected, 0.0) - 1]), 1 / len(genuine))
    off = rate * _OF_ITSELF / 2 + _DEVIATIONS * (rate / len(genuine)) ** 0.5
    low, high = np.searchsorted(false - rejected, (-off, off))
    if high == len(impostors) or high - low > few * len(impostors):
        return (0, 0)
    first, end = bins_of(impostors[[max(low - 1, 0), high]])
    return int(first), int(end) + 1
