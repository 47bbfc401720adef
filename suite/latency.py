"""Timing a mode and its FP32 in turn, block by block, by pytest-benchmark."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from pytest_benchmark.fixture import BenchmarkFixture

from suite.cards import ModeCard, ModelCard
from suite.records import Measured, Outcome
from suite.runtime.binding import BoundSession
from suite.runtime.profile import own_profile
from suite.runtime.timing import Block, median_interval, quantile, seconds_of, warm_up
from suite.workbench import Workbench

# The fewest blocks of which a median has a 95 % interval, and how many more are tried, a doubling
# each, before a gate stays undecided.
_BLOCKS = 6
_MOST_BLOCKS = 24
# Nothing is judged on FP32's own time.
_REFERENCE_BLOCKS = 3
_BLOCK_S = 0.1
_LEAST_ROUNDS, _MOST_ROUNDS = 7, 100
_COPIED_ROUNDS = 15
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
        race = _Race(self._workbench, model, mode, batch)
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

    def _measured(self, race: _Race) -> Measured:
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


@dataclass
class _Race:
    """Freshly opened sessions of a mode and of FP32, block after block."""

    workbench: Workbench
    model: ModelCard
    mode: ModeCard
    batch: int
    blocks: list[Block] = field(default_factory=list)
    with_copies: list[float] = field(default_factory=list)
    rounds: int = 0

    def __post_init__(self) -> None:
        self._round = 0
        self._open()
        self.rounds = int(min(_MOST_ROUNDS, max(_LEAST_ROUNDS, _BLOCK_S / self._turn_s)))
        copied = self._candidate.with_copies
        self.with_copies = [seconds_of(copied) for _ in range(_COPIED_ROUNDS)]

    def prepare_round(self) -> None:
        """Open the next block's sessions where it is due, and time FP32 once."""
        if self._round % self.rounds == 0:
            if self._round:
                self._open()
            self.blocks.append(Block())
        self._round += 1
        if not self.mode.is_reference:
            self.blocks[-1].reference.append(seconds_of(self._reference))

    def run_candidate(self) -> None:
        """One run of the mode, which pytest-benchmark times."""
        self._candidate()

    def take(self, seconds: list[float]) -> None:
        """Take over what pytest-benchmark timed."""
        for index, block in enumerate(self.blocks):
            block.candidate = list(seconds[index * self.rounds : (index + 1) * self.rounds])

    def time_block(self) -> list[float]:
        """One more block; the seconds of its rounds."""
        self._round = len(self.blocks) * self.rounds
        for _ in range(self.rounds):
            self.prepare_round()
            self.blocks[-1].candidate.append(seconds_of(self._candidate))
        return self.blocks[-1].candidate

    def _open(self) -> None:
        self._candidate = self._bound(self.mode)
        calls = [self._candidate]
        if not self.mode.is_reference:
            self._reference = self._bound(self.workbench.fp32)
            calls.append(self._reference)
        self._turn_s = warm_up(calls)

    def _bound(self, mode: ModeCard) -> BoundSession:
        bench, spec = self.workbench, self.model.preprocess
        return BoundSession(
            bench.latency_session(self.model, mode),
            self.model.outputs.input,
            spec.shape(self.batch),
            bench.provider.memory,
            bench.provider.device_id,
        )
