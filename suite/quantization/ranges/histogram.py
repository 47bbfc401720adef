"""Histograms of a network's tensors: a second pass, whose memory does not grow with the images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from suite.quantization.ranges.observe import Batch, Observed
from suite.quantization.ranges.range import Range
from suite.quantization.ranges.shown import shown
from suite.quantization.steps.net import Array, Net

# onnxruntime's calibrator has 2048 by default on either side of 0.
BINS = {"Percentile": 4096, "MSE": 2048}
_PERCENTILE = 99.999
_LEVELS = 255
_PART = 1 << 24
# Below, bins are narrower than float32 can tell apart.
_SMALLEST = 1e-30


@dataclass(frozen=True)
class Histogram:
    """How often a tensor's values fell into bins of equal width from −top to top.

    Attributes
    ----------
    counts : int64 [bins]
    top : the largest absolute value
    low, high : the least and the greatest value
    """

    counts: npt.NDArray[np.int64]
    top: float
    low: float
    high: float

    @classmethod
    def of(cls, counts: npt.NDArray[np.int64], seen: Observed) -> Histogram:
        """Counts between the extremes that were seen."""
        return cls(counts, _top(seen), float(seen.low[0]), float(seen.high[0]))

    @property
    def edges(self) -> npt.NDArray[np.float32]:
        """The bins' edges: float32 [bins + 1]."""
        return np.linspace(-self.top, self.top, len(self.counts) + 1, dtype=np.float32)


def histograms(
    net: Net,
    seen: Mapping[str, Observed],
    bins: int,
    batches: Iterable[Batch],
    work: Path,
    beyond: float = 0.0,
) -> dict[str, Histogram]:
    """Count the values of some tensors on batches of images.

    Parameters
    ----------
    seen : the tensors, with their extremes on the same images
    work : a folder for a scratch file
    beyond : the share of the largest absolute value below which values are counted as zeros, in a
        third of the time
    """
    tops = {name: _top(each) for name, each in seen.items()}
    counts = {name: np.zeros(bins, np.int64) for name in seen}
    for values in shown(net, list(seen), batches, work):
        for name, top in tops.items():
            if top:
                counts[name] += count(values[name], bins, top, beyond)
    return {name: Histogram.of(counts[name], each) for name, each in seen.items()}


def _top(seen: Observed) -> float:
    """The largest absolute value."""
    return max(abs(float(seen.low[0])), abs(float(seen.high[0])))


def count(values: Array, bins: int, top: float, beyond: float = 0.0) -> npt.NDArray[np.int64]:
    """How many values fall into each of some bins of equal width from −top to top: int64 [bins].

    As numpy's histogram has it, but that what lies within float32's rounding of an edge may fall
    on its other side, in a tenth of the time; values beyond the ends count in the last bins.

    Parameters
    ----------
    bins : at most 65,536
    beyond : of ``top``; what lies nearer to 0 counts in the bin that begins there
    """
    if beyond:
        near = values.size
        values = values[np.abs(values) >= top * beyond]
        counts = count(values, bins, top)
        counts[bins // 2] += near - values.size
        return counts
    scale = np.float32(bins / (2 * top)) if top > _SMALLEST else np.float32(np.inf)
    if not np.isfinite(scale):
        clipped = np.clip(values.astype(np.float64), -top, top)
        return np.asarray(np.histogram(clipped, bins, (-top, top))[0], np.int64)
    flat = values.reshape(1, -1)
    counts = np.zeros(bins, np.int64)
    # OpenCV gives counts in float32, which holds those of one part exactly.
    for start in range(0, flat.shape[1], _PART):
        places = flat[:, start : start + _PART].astype(np.float32, copy=False) * scale
        places += np.float32(bins / 2)
        np.clip(places, 0, bins - 1, out=places)
        found = cv2.calcHist([places.astype(np.uint16)], [0], None, [bins], [0, bins])
        counts += found.reshape(-1).astype(np.int64)
    return counts


def percentile(found: Mapping[str, Histogram]) -> dict[str, Range]:
    """The range beyond whose ends 0.001 % of the values lie, by absolute value.

    As onnxruntime's calibrator has it by default: one threshold for both ends, each no further out
    than the extreme.
    """
    ranges = {}
    for name, histogram in found.items():
        threshold = _threshold(histogram)
        low, high = max(-threshold, histogram.low), min(threshold, histogram.high)
        ranges[name] = Range(low, high).with_zero()
    return ranges


def reaches_percentile(histogram: Histogram, beyond: float) -> bool:
    """Whether a histogram of values beyond a share of the top alone has the percentile in it."""
    return histogram.top == 0 or _threshold(histogram) > beyond * histogram.top


def least_error(found: Mapping[str, Histogram]) -> dict[str, Range]:
    """The range whose 8 bits give the least squared error.

    Within it a value is off by step² / 12 on average, beyond it by its squared distance from the
    end. 33 ends are tried from half of the extreme to the extreme itself, first upper ones, then
    lower ones.
    """
    return {name: _least_error(histogram) for name, histogram in found.items()}


def _threshold(histogram: Histogram) -> float:
    """The lower edge of the bin in which the percentile of absolute values lies."""
    half = len(histogram.counts) // 2
    by_size = histogram.counts[half:] + histogram.counts[:half][::-1]
    reached = np.cumsum(by_size / max(by_size.sum(), 1))
    place = min(int(np.searchsorted(reached, _PERCENTILE / 100)), half - 1)
    return histogram.top * place / half


def _least_error(histogram: Histogram) -> Range:
    edges = histogram.edges.astype(np.float64)
    centres, counts = (edges[1:] + edges[:-1]) / 2, histogram.counts.astype(np.float64)
    low, high = min(histogram.low, 0.0), max(histogram.high, 0.0)

    def error(start: float, end: float) -> float:
        beyond = np.maximum(centres - end, 0) + np.maximum(start - centres, 0)
        inside = counts[beyond == 0].sum()
        return float((counts * beyond**2).sum() + inside * ((end - start) / _LEVELS) ** 2 / 12)

    shares = np.linspace(0.5, 1, 33)
    high = float(min(shares * high, key=lambda end: error(low, end)))
    low = float(min(shares * low, key=lambda start: error(start, high)))
    return Range(low, high)
