"""A range of values is finite and in order, and takes 0 in where it is asked to."""

from math import inf, nan

import pytest

from suite.quantization.ranges.range import Range


@pytest.mark.parametrize(
    ("given", "with_zero"),
    [((-1.5, 2), (-1.5, 2)), ((0.5, 2), (0, 2)), ((-3, -1), (-3, 0)), ((0, 0), (0, 0))],
)
def test_zero_is_taken_in(given: tuple[float, float], with_zero: tuple[float, float]) -> None:
    assert Range(*given).with_zero() == Range(*with_zero)


@pytest.mark.parametrize(("low", "high"), [(nan, 1), (0, inf), (-inf, 0), (2, 1), (0, nan)])
def test_what_is_no_range_is_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="no range of values"):
        Range(low, high)
