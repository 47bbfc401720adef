"""Medians with intervals, blocks, warming up."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from suite.runtime.timing import Block, median_interval, quantile, warm_up

SECONDS = st.floats(min_value=1e-6, max_value=10)


def test_the_ratio_of_a_block_is_the_median_of_its_rounds() -> None:
    # A slow neighbour doubles one round of both: the pairs' ratios do not see it.
    block = Block(fp32=[3.0, 6.0, 3.0, 3.3, 2.7], candidate=[1.0, 2.0, 1.5, 1.1, 0.9])
    assert block.ratio == pytest.approx(3.0)


def test_a_block_compares_each_with_each() -> None:
    """Rounds of 8, 2 and 1 seconds, one of each kind three times as slow by a neighbour."""
    block = Block([8.0, 24.0, 8.0], [1.0, 3.0, 1.0], [2.0, 2.0, 6.0], [1.0, 1.0, 3.0])
    assert (block.ratio, block.over_prepared, block.of_prepared) == (8.0, 2.0, 4.0)


def test_a_block_is_judged_on_its_clean_turns() -> None:
    """Seven clean turns of ten; in the others a neighbour had the core while the mode ran."""
    clean = [True, True, False] * 3 + [True]
    mode = [1.0 if each else 9.0 for each in clean]
    block = Block(fp32=[2.0] * 10, candidate=mode, clean=clean, probe=[0.5, 0.4, 0.6])
    assert block.is_clean
    assert block.judged(block.candidate) == [1.0] * 7
    assert block.ratio == 2.0
    assert block.over_probe(block.fp32) == 4.0
    block.disturbed = True
    assert not block.is_clean
    assert block.judged(block.candidate) == mode


@pytest.mark.parametrize(("turns", "probes"), [(6, 3), (7, 2)])
def test_a_block_of_too_few_clean_turns_or_probes_is_not_clean(turns: int, probes: int) -> None:
    block = Block(clean=[True] * turns + [False] * 20, probe=[1.0] * probes)
    assert not block.is_clean
    # Beside a GPU there is no loop.
    block.probed = False
    assert block.is_clean is (turns == 7)


@pytest.mark.parametrize(
    ("count", "low", "high"), [(6, 1, 6), (8, 1, 8), (9, 2, 8), (12, 3, 10), (24, 7, 18)]
)
def test_the_interval_is_that_of_the_tables(count: int, low: int, high: int) -> None:
    # Conover, table A3: the binomial with one half.
    estimate = median_interval(range(1, count + 1))
    assert (estimate.low, estimate.high) == (low, high)
    assert estimate.point == statistics.median(range(1, count + 1))


@given(st.integers(6, 400))
def test_the_interval_holds_the_median_95_times_in_100(count: int) -> None:
    estimate = median_interval(range(1, count + 1))
    below, above = int(estimate.low), int(estimate.high)
    assert binom.cdf(above - 1, count, 0.5) - binom.cdf(below - 1, count, 0.5) >= 0.95
    # One value narrower on both sides would not.
    assert binom.cdf(above - 2, count, 0.5) - binom.cdf(below, count, 0.5) < 0.95


@given(st.lists(SECONDS, min_size=1, max_size=5))
def test_few_values_have_no_interval(values: list[float]) -> None:
    estimate = median_interval(values)
    assert (estimate.low, estimate.high) == (-math.inf, math.inf)


@given(st.lists(SECONDS, min_size=6, max_size=60), SECONDS)
def test_the_interval_scales_with_its_values(values: list[float], factor: float) -> None:
    plain, scaled = median_interval(values), median_interval([v * factor for v in values])
    assert scaled.low == pytest.approx(plain.low * factor)
    assert scaled.high == pytest.approx(plain.high * factor)
    assert plain.low <= plain.point <= plain.high


def test_a_quantile_is_one_of_the_values() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert quantile(values, 0.5) == 3.0
    assert quantile(values, 0.9) == quantile(values, 1.0) == 5.0
    assert quantile(values, 0.2) == 1.0


def test_warming_up_waits_until_it_is_stable(monkeypatch) -> None:
    clock = Clock(monkeypatch, [8, 7, 6, 5, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    assert warm_up([clock.call], at_most_s=100) == pytest.approx(1.0)
    # Turns 8 to 12 and 13 to 17 are the first two windows with the same median.
    assert clock.calls >= 15


def test_warming_up_a_slow_network_runs_it_twice(monkeypatch) -> None:
    clock = Clock(monkeypatch, [9, 9, 9])
    warm_up([clock.call], at_most_s=0.5)
    assert clock.calls == 2


class Clock:
    """A call that takes what it is told to, on a clock of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: list[float]) -> None:
        self.seconds, self.now, self.calls = seconds, 0.0, 0
        monkeypatch.setattr("time.perf_counter", lambda: self.now)
        monkeypatch.setattr("time.perf_counter_ns", lambda: int(self.now * 1e9))

    def call(self) -> None:
        self.now += self.seconds[min(self.calls, len(self.seconds) - 1)]
        self.calls += 1
