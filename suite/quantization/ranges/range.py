"""The range of a tensor's values that 8 bits are spread over."""

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True)
class Range:
    """From the least to the greatest value that is represented; what lies outside is clipped.

    Raises
    ------
    ValueError
        where an end is no finite number, or ``low`` is above ``high``.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse what is no range."""
        if not (isfinite(self.low) and isfinite(self.high) and self.low <= self.high):
            raise ValueError(f"no range of values goes from {self.low} to {self.high}")

    def with_zero(self) -> "Range":
        """The least range with this one and 0 in it: padding and Relu give zeros."""
        return Range(min(self.low, 0.0), max(self.high, 0.0))
