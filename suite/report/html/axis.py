"""Axes of a chart: where a value lies on them, and which values are marked."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

_DEVIATE = NormalDist().inv_cdf
# Marks of rates on an axis of normal deviates.
_RATES = (
    *(1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999),
    *(0.002, 0.005, 0.02, 0.1, 0.4, 0.6, 0.9, 0.98),
)
# Two marks lie apart by so much of the axis, on which words stand side by side.
_APART = 0.11
_MOST = 6


class Scale(StrEnum):
    """How values become places: evenly, by their logarithm, or by their normal deviate."""

    LINEAR = "linear"
    LOG = "log"
    DEVIATE = "normal deviate"


@dataclass(frozen=True)
class Axis:
    """An axis from ``low`` to ``high`` > ``low``: rates between 0 and 1 where it is of deviates."""

    low: float
    high: float
    scale: Scale = Scale.LINEAR

    def at(self, value: float) -> float:
        """Where a value lies, from 0 to 1; what is beyond an end lies on it.

        >>> Axis(0.001, 1, Scale.LOG).at(0.1)
        0.6666666666666667
        >>> Axis(0.01, 0.99, Scale.DEVIATE).at(0.5)
        0.5
        """
        low, high = self._placed(self.low), self._placed(self.high)
        return (self._placed(min(max(value, self.low), self.high)) - low) / (high - low)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Where marks lie from 0 to 1, ascending, with their words."""
        taken: list[float] = []
        step = _step(self.high - self.low) if self.scale is Scale.LINEAR else 0.0
        for value in self._candidates():
            inside = self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9)
            if inside and all(abs(self.at(value) - self.at(each)) >= _APART for each in taken):
                taken.append(value)
        return [(self.at(value), _words(value, step)) for value in sorted(taken)]

    def _placed(self, value: float) -> float:
        if self.scale is Scale.LINEAR:
            return value
        return math.log10(value) if self.scale is Scale.LOG else _DEVIATE(value)

    def _candidates(self) -> Iterator[float]:
        """Values worth a mark, those that matter most first."""
        if self.scale is Scale.DEVIATE:
            yield from _RATES
        elif self.scale is Scale.LOG:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            yield from (10.0**power for power in decades)
            yield from (digit * 10.0**power for digit in (2, 5) for power in decades)
        else:
            step = _step(self.high - self.low)
            first = math.ceil(self.low / step - 1e-9)
            last = math.floor(self.high / step + 1e-9)
            yield from (round(number * step, 12) for number in range(first, last + 1))


def around(values: Sequence[float], *, share: float = 0.08) -> Axis:
    """A linear axis that holds values with some room on both sides; empty ones make 0 to 1."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = (high - low) * share or abs(high) * share or 1.0
    return Axis(low - room, high + room)


def _step(width: float) -> float:
    """A round step of which ``_MOST`` or fewer fit into a width."""
    power = 10.0 ** math.floor(math.log10(width / _MOST))
    return next(power * digit for digit in (1, 2, 5, 10, 20) if width / (power * digit) <= _MOST)


def _words(value: float, step: float) -> str:
    """A mark's words: in the digits of an even axis's step, else as short as it can be.

    >>> [_words(*each) for each in [(0.5, 0.25), (0.5, 0), (0.00002, 0), (0.0, 0.1)]]
    ['0.50', '0.5', '2e-5', '0.0']
    """
    if step:
        return f"{value:,.{_digits(step)}f}"
    return f"{value:g}" if value >= 1e-3 else f"{value:.0e}".replace("e-0", "e-")


def _digits(step: float) -> int:
    """The decimals that a step has."""
    return next((d for d in range(12) if math.isclose(step, round(step, d))), 12)
