"""Ends by the k-th extreme, moved outwards where they would clip too much of one channel."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from suite.quantization.ranges.choose import top_k
from suite.quantization.ranges.observe import Batch, Channels, Observed, Rows
from suite.quantization.ranges.range import Range
from suite.quantization.ranges.shown import shown
from suite.quantization.steps.net import Net

# The share of one channel's values that may lie beyond the ends.
_CLIPPED = 0.01


def widened(
    net: Net, seen: Mapping[str, Observed], sample: Iterable[Batch], work: Path
) -> dict[str, Range]:
    """The ranges of `choose.top_k`, with no channel clipped by more than 1 % of its values.

    The k-th extreme counts values of all channels alike; where one channel owns the extremes, much
    of that one may lie beyond it. A channel of which at most 1 % of the images reach beyond the
    ends is safe whatever it holds. Where it is more, the values are counted on a sample, and where
    those are too many, the ends move outwards to the last extremes that are safe.

    Parameters
    ----------
    net : the network that was observed
    sample : some of the images, of which the last may be repeated
    work : a folder for a scratch file
    """
    ranges = top_k(seen)
    doubted = [name for name, each in seen.items() if _reach_beyond(each, ranges[name])]
    if not doubted:
        return ranges
    sums = {name: np.zeros(len(seen[name].peaks)) for name in doubted}
    batches = 0
    for values in shown(net, doubted, sample, work):
        batches += 1
        for name, value in values.items():
            sums[name] += _clipped(value.reshape(len(value), len(sums[name]), -1), ranges[name])
    for name, total in sums.items():
        if total.max() > _CLIPPED * batches:
            ranges[name] = _safe(seen[name])
    return ranges


def _clipped(values: npt.NDArray[np.generic], ends: Range) -> Rows:
    """The share of each channel's values beyond the ends; values : [images, channels, rest]."""
    if values.max() <= np.float32(ends.high) and values.min() >= np.float32(ends.low):
        return np.zeros(values.shape[1])
    beyond = (values < np.float32(ends.low)) | (values > np.float32(ends.high))
    return np.asarray(beyond.mean(axis=(0, 2)), np.float64)


def _reach_beyond(seen: Observed, ends: Range) -> bool:
    """Whether one channel reaches beyond the ends in more images than may be clipped."""
    beyond = np.concatenate(
        [seen.low_channels[seen.low < ends.low], seen.high_channels[seen.high > ends.high]]
    )
    return bool(len(beyond)) and int(np.bincount(beyond).max()) > _CLIPPED * seen.images


def _safe(seen: Observed) -> Range:
    """The ends beyond which no channel reaches in more than 1 % of the images, half of it each."""
    most = int(_CLIPPED * seen.images / 2)
    low = seen.low[_safe_rank(seen.low_channels, most)]
    high = seen.high[_safe_rank(seen.high_channels, most)]
    return Range(float(low), float(high)).with_zero()


def _safe_rank(channels: Channels, most: int) -> int:
    """The last extreme with no channel more than so often among those further out."""
    counts = np.zeros(int(channels.max()) + 1, np.int64)
    for rank, channel in enumerate(channels):
        counts[channel] += 1
        if counts[channel] > most:
            return rank
    return len(channels) - 1
