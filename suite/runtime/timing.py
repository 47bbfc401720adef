"""Timing calls in turn, in blocks, and what may be concluded from it.

A block times freshly opened sessions: where a session's memory lands moves its latency by up to a
fifth for as long as it lives, so rounds of one session are not independent and its blocks are what
an interval is made of.
"""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Call = Callable[[], object]
WARM_S = 0.5
_WINDOW = 5
_STABLE = 0.05


# Clean turns, and clean times of the probe loop, of which a block's medians are made.
LEAST_CLEAN, _LEAST_PROBES = 7, 3


@dataclass
class Block:
    """Seconds of each round of one block: FP32's and the candidate's in turn.

    ``clean`` says of each turn whether the thread had its core all along, ``probe`` are seconds of
    a fixed loop, timed before and after them where it is ``probed``, and ``disturbed`` that the
    machine's time went to others meanwhile. ``prepared`` and ``beside_prepared`` are prepared
    FP32's and the candidate's, in turn likewise. They are rounds of their own: what runs in between
    evicts from the caches, and a third network in each round moved the ratio to FP32 by up to 6 %
    (the embedded FaceNet).
    """

    fp32: list[float] = field(default_factory=list)
    candidate: list[float] = field(default_factory=list)
    prepared: list[float] = field(default_factory=list)
    beside_prepared: list[float] = field(default_factory=list)
    clean: list[bool] = field(default_factory=list)
    probe: list[float] = field(default_factory=list)
    probed: bool = True
    disturbed: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether it has turns enough that nothing disturbed."""
        known = len(self.probe) >= _LEAST_PROBES or not self.probed
        return sum(self.clean) >= LEAST_CLEAN and known and not self.disturbed

    @property
    def ratio(self) -> float:
        """How many times faster the candidate is: the median over rounds of their own ratios."""
        return _ratio(self.judged(self.fp32), self.judged(self.candidate))

    @property
    def over_prepared(self) -> float:
        """How many times faster the candidate is than prepared FP32, likewise."""
        return _ratio(self.prepared, self.beside_prepared)

    @property
    def of_prepared(self) -> float:
        """How many times faster prepared FP32 is than FP32, by the candidate's speed over both."""
        return self.ratio / self.over_prepared

    def judged(self, seconds: Sequence[float]) -> list[float]:
        """Those of the clean turns; all where the block is not clean."""
        if not self.is_clean:
            return list(seconds)
        return [each for each, clean in zip(seconds, self.clean, strict=True) if clean]

    def over_probe(self, seconds: Sequence[float]) -> float:
        """The median of some of its turns over that of the probe loop."""
        return statistics.median(self.judged(seconds)) / statistics.median(self.probe)


def _ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))


@dataclass(frozen=True)
class Estimate:
    """A median with its 95 % interval."""

    point: float
    low: float
    high: float


def seconds_of(call: Call) -> float:
    """How long one call takes."""
    start = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - start) / 1e9


def warm_up(calls: Sequence[Call], at_most_s: float = WARM_S) -> float:
    """Run calls in turn until their time is stable; give back the seconds of one turn.

    Stable is a median of five turns within 5 % of that of the five before. A slow network is run
    twice at least.
    """
    turns: list[float] = []
    started = time.perf_counter()
    while True:
        turns.append(sum(seconds_of(call) for call in calls))
        late = time.perf_counter() - started > at_most_s
        if len(turns) >= 2 and late:
            break
        if len(turns) >= 2 * _WINDOW:
            before = statistics.median(turns[-2 * _WINDOW : -_WINDOW])
            if abs(statistics.median(turns[-_WINDOW:]) / before - 1) < _STABLE:
                break
    return statistics.median(turns[-_WINDOW:])


def median_interval(values: Sequence[float]) -> Estimate:
    """The median and its 95 % interval by order statistics.

    The number of values below the true median is binomial with one half, whatever their
    distribution (Conover, Practical Nonparametric Statistics, 3.2). Fewer than six values have no
    such interval: it is then infinite.
    """
    ordered = sorted(values)
    point = statistics.median(ordered)
    count, below, rank = len(ordered), 0.0, 0
    while rank < count // 2:
        below += math.comb(count, rank) / 2**count
        if below > 0.025:
            break
        rank += 1
    if rank == 0:
        return Estimate(point, -math.inf, math.inf)
    return Estimate(point, ordered[rank - 1], ordered[-rank])


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
