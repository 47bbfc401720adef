"""Choosing the range of each tensor from what was observed of it."""

from collections.abc import Mapping

from suite.quantization.ranges.observe import Observed
from suite.quantization.ranges.range import Range


def min_max(observed: Mapping[str, Observed]) -> dict[str, Range]:
    """From the least to the greatest value that was seen, with zero."""
    return {
        name: Range(float(seen.low[0]), float(seen.high[0])).with_zero()
        for name, seen in observed.items()
    }


def top_k(observed: Mapping[str, Observed]) -> dict[str, Range]:
    """From the k-th smallest to the k-th largest extreme, with zero; k is `observe.rank_of_end`."""
    return {
        name: Range(float(seen.low[-1]), float(seen.high[-1])).with_zero()
        for name, seen in observed.items()
    }
