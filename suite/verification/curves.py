"""What a report draws of the pairs of a set: error rates at thresholds, histograms of scores."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from suite.verification.roc import Roc

Floats = NDArray[np.float64]

# Thresholds that each class chooses: both together make some 200 points.
_CHOSEN = 100
BINS = 60
# The range of a histogram ends at whole steps, so that those of similar models have equal edges.
_STEP = 0.1
# Digits of a threshold that is ours to choose; the pairs are counted at what is left of it.
_DIGITS = 6


@dataclass(frozen=True, eq=False)
class ErrorCurve:
    """Errors at thresholds, exactly.

    Attributes
    ----------
    thresholds : float64 [k], ascending; a pair is accepted when ``d < t``
    false_accepts, false_rejects : int64 [k], impostor pairs accepted, genuine pairs rejected
    genuine, impostors : pairs of each class
    """

    thresholds: Floats
    false_accepts: NDArray[np.int64]
    false_rejects: NDArray[np.int64]
    genuine: int
    impostors: int


@dataclass(frozen=True, eq=False)
class ScoreHistogram:
    """Pairs of each class by distance.

    Attributes
    ----------
    edges : float64 [bins + 1], ascending squared distances; a bin has its lower edge, the last one
        both
    genuine, impostors : int64 [bins], pairs of each class
    """

    edges: Floats
    genuine: NDArray[np.int64]
    impostors: NDArray[np.int64]


@dataclass(frozen=True)
class Errors:
    """What a threshold decides wrongly: impostor pairs accepted, genuine pairs rejected."""

    false_accepts: int
    false_rejects: int


def errors_at(roc: Roc, threshold: float) -> Errors:
    """The errors of all pairs at a threshold."""
    rejected = len(roc.genuine) - roc.true_accepts(threshold)
    return Errors(roc.false_accepts(threshold), rejected)


def error_curve(roc: Roc) -> ErrorCurve:
    """Both error rates at some 200 thresholds, even on the axes of a DET curve.

    Examples
    --------
    >>> curve = error_curve(Roc.of([0.1, 0.4, 0.9, 0.5, 1.1], [1, 1, 1, 0, 0]))
    >>> curve.thresholds.tolist()
    [0.1, 0.4, 0.5, 0.9, 1.1]
    >>> curve.false_accepts.tolist(), curve.false_rejects.tolist()
    ([0, 0, 0, 1, 1], [3, 2, 1, 1, 0])
    """
    chosen = [roc.genuine[ranks(len(roc.genuine))], roc.impostors[ranks(len(roc.impostors))]]
    thresholds: Floats = np.unique(np.round(np.concatenate(chosen), _DIGITS))
    return ErrorCurve(
        thresholds=thresholds,
        false_accepts=np.searchsorted(roc.impostors, thresholds, side="left"),
        false_rejects=len(roc.genuine) - np.searchsorted(roc.genuine, thresholds, side="left"),
        genuine=len(roc.genuine),
        impostors=len(roc.impostors),
    )


def score_histogram(roc: Roc) -> ScoreHistogram:
    """Both classes in 60 bins from the nearest pair's distance to the farthest's."""
    edges = even_edges(
        min(roc.genuine[0], roc.impostors[0]), max(roc.genuine[-1], roc.impostors[-1])
    )
    counts = [
        np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]
        for values in (roc.genuine, roc.impostors)
    ]
    return ScoreHistogram(edges, *counts)


def even_edges(least: float, most: float) -> Floats:
    """Edges of 60 equal bins that hold what lies between two squared distances, float64 [61]."""
    low = np.floor(max(least, 0.0) / _STEP) * _STEP
    high = min(max(np.ceil(most / _STEP) * _STEP, low + _STEP), 4.0)
    edges: Floats = np.linspace(min(low, high - _STEP), high, BINS + 1, dtype=np.float64)
    return edges.round(_DIGITS)


def ranks(count: int) -> NDArray[np.int64]:
    """Ranks from 0 to ``count`` - 1, even in their normal deviate where not all, int64 [k]."""
    if count <= _CHOSEN:
        return np.arange(count)
    normal = NormalDist()
    end = normal.inv_cdf(1 / (count + 1))
    shares = np.array([normal.cdf(deviate) for deviate in np.linspace(end, -end, _CHOSEN)])
    return np.unique(np.clip(np.round(shares * count).astype(np.int64), 0, count - 1))
