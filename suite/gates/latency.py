"""Timing a mode and its FP32 in turn, block by block, by pytest-benchmark."""

from __future__ import annotations

import math
from collections.abc import Callable

from pytest_benchmark.fixture import BenchmarkFixture

from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard
from suite.gates.race import Race
from suite.gates.workbench import Workbench
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.runtime.profile import own_profile
from suite.runtime.timing import median_interval, quantile

# The fewest blocks of which a median has a 95 % interval, and how many more are tried, a doubling
# each, before a gate stays undecided.
_BLOCKS = 6


_MOST_BLOCKS = 24


# Nothing is judged on FP32's own time.
_REFERENCE_BLOCKS = 3


_MS = 1e3


class Stopwatch:
    """Times one case; pytest-benchmark times one target a test."""

    def __init__(self, workbench: Workbench, benchmark: BenchmarkFixture | None) -> None:
        self._workbench = workbench
        self._benchmark = benchmark

    def batch(self, load: str) -> int:
        """The images a run: one for ``latency``, the provider's batch for ``throughput``."""
        return 1 if load == "latency" else self._workbench.provider.throughput_batch

    def cannot_time(
        self, model: ModelCard, mode: ModeCard, batch: int
    ) -> tuple[Outcome, str] | None:
        """Why there is nothing to time: no pytest-benchmark, another profile, or a fixed batch."""
        if self._benchmark is None or self._benchmark.disabled:
            return Outcome.DEFERRED, "pytest-benchmark is off here (under xdist, or by an option)"
        own = own_profile(self._workbench.provider)
        if self._workbench.profile != own:
            words = f"latency on this {own} says nothing of {self._workbench.profile}"
            return Outcome.NOT_APPLICABLE, words
        for timed in (self._workbench.fp32, mode):
            fixed = self._workbench.fixed_batch(model, timed)
            if fixed is not None and fixed != batch:
                return Outcome.NOT_APPLICABLE, f"the graph's batch is fixed at {fixed}"
        return None

    def measure(
        self,
        model: ModelCard,
        mode: ModeCard,
        batch: int,
        undecided: Callable[[Measured], bool] | None = None,
    ) -> Measured:
        """Latency of a mode, and the ratio to FP32 timed in turn with it.

        Parameters
        ----------
        undecided : says of a measurement that its interval is too wide to conclude; more blocks
            are then timed, up to a bound
        """
        assert self._benchmark is not None, "cannot_time has said so"
        race = Race(self._workbench, model, mode, batch)
        self._benchmark.pedantic(  # type: ignore[no-untyped-call]
            race.run_candidate,
            setup=race.prepare_round,
            rounds=(_REFERENCE_BLOCKS if mode.is_reference else _BLOCKS) * race.rounds,
            iterations=1,
        )
        timed = self._benchmark.stats
        assert timed is not None, "pedantic has just filled it"
        race.take(timed.stats.data)
        measured = self._measured(race)
        while undecided and len(race.blocks) < _MOST_BLOCKS and undecided(measured):
            for _ in range(len(race.blocks)):
                for seconds in race.time_block():
                    timed.update(seconds)
            measured = self._measured(race)
        self._benchmark.extra_info.update(batch=batch, **measured.figures)
        return measured

    def _measured(self, race: Race) -> Measured:
        bench = self._workbench
        candidate = [seconds for block in race.blocks for seconds in block.candidate]
        p50 = median_interval(candidate)
        observed = {
            "latency_ms": p50.point * _MS,
            "latency_p90_ms": quantile(candidate, 0.90) * _MS,
            "latency_p99_ms": quantile(candidate, 0.99) * _MS,
            "latency_with_copies_ms": median_interval(race.with_copies).point * _MS,
            "images_per_second": race.batch / p50.point,
            "blocks": len(race.blocks),
            "rounds": len(candidate),
            **(bench.footprint(race.model, race.mode) if race.batch == 1 else {}),
        }
        intervals = {"latency_ms": (p50.low * _MS, p50.high * _MS)}
        figures, remarks = {}, []
        if not race.mode.is_reference:
            reference = [seconds for block in race.blocks for seconds in block.reference]
            ratio = median_interval([block.ratio for block in race.blocks])
            figures["speedup"] = ratio.point
            intervals["speedup"] = (ratio.low, ratio.high)
            observed["latency_fp32_ms"] = median_interval(reference).point * _MS
            if ratio.high < 1:
                remarks.append(f"slower than FP32: {ratio.point:.2f} × its speed")
        return Measured(
            section=bench.latency_section(race.batch),
            identity={"batch": race.batch, "threads": bench.provider.threads.latency},
            figures=figures,
            observed={name: value for name, value in observed.items() if math.isfinite(value)},
            intervals=intervals,
            remarks=tuple(remarks),
        )
