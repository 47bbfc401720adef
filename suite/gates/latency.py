"""Timing a mode, its FP32 and that prepared in turn, block by block, by pytest-benchmark."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import cached_property

from pytest_benchmark.fixture import BenchmarkFixture

from suite.catalog.errors import SuiteError
from suite.catalog.gate import Gate, Section
from suite.catalog.mode_card import PREPARED
from suite.catalog.profiles import serving
from suite.catalog.provider_card import ProviderCard
from suite.gates.case_work import CaseWork
from suite.gates.measures import measured as measured_by
from suite.gates.prepared import prepared_beside
from suite.gates.timed_blocks import TimedBlocks
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.runtime.footprint import footprint
from suite.runtime.profile import device_slug, own_profile
from suite.runtime.timing import Estimate, median_interval, quantile
from suite.runtime.versions import minor_version

# The fewest blocks of which a median has a 95 % interval, and how many more are tried, a doubling
# each, before a gate stays undecided.
_BLOCKS = 6
_MOST_BLOCKS = 24
# Nothing is judged on FP32's own time.
_REFERENCE_BLOCKS = 3
_MS = 1e3


class Stopwatch:
    """Times one case; pytest-benchmark times one target a test."""

    def __init__(self, work: CaseWork, benchmark: object) -> None:
        self._work = work
        self._provider = work.bench.provider
        self._benchmark = benchmark

    def batch(self, load: str) -> int:
        """The images a run: one for ``latency``, the provider's batch for ``throughput``."""
        return 1 if load == "latency" else self._provider.throughput_batch

    def cannot_time(self, batch: int) -> tuple[Outcome, str] | None:
        """Why there is nothing to time: no pytest-benchmark, another profile, or a fixed batch."""
        if self._work.bench.recorded:
            return None
        # Whose fixture stands in for pytest-benchmark's may be a subclass that cannot do the same.
        if self._benchmark is not None and type(self._benchmark) is not BenchmarkFixture:
            owner = type(self._benchmark).__module__.partition(".")[0]
            words = f"the fixture benchmark is not pytest-benchmark's here, but of {owner}"
            return Outcome.DEFERRED, words
        if self._benchmark is None or self._benchmark.disabled:
            return Outcome.DEFERRED, "pytest-benchmark is off here (under xdist, or by an option)"
        own = own_profile(self._provider)
        if self._work.bench.profile not in serving(own):
            words = f"latency on this {own} says nothing of {self._work.bench.profile}"
            return Outcome.NOT_APPLICABLE, words
        for timed in (self._work.fp32, self._work):
            fixed = timed.fixed_batch
            if fixed is not None and fixed != batch:
                return Outcome.NOT_APPLICABLE, f"the graph's batch is fixed at {fixed}"
        return None

    def measure(
        self,
        batch: int,
        undecided: Callable[[Measured], bool] | None = None,
    ) -> Measured:
        """Latency of a mode, and the ratios to FP32 and to that prepared, timed in turn with it.

        Parameters
        ----------
        undecided : says of a measurement that its interval is too wide to conclude; more blocks
            are then timed, up to a bound
        """
        if self._work.bench.recorded:
            return self._work.bench.recorded.measured(self._work, Gate.LATENCY, batch=batch)
        assert isinstance(self._benchmark, BenchmarkFixture), "cannot_time has said so"
        blocks = TimedBlocks(self._work, batch, *self._prepared)
        self._benchmark.pedantic(  # type: ignore[no-untyped-call]
            blocks.run_candidate,
            setup=blocks.prepare_round,
            rounds=(_REFERENCE_BLOCKS if self._work.mode.is_fp32 else _BLOCKS) * blocks.rounds,
            iterations=1,
        )
        timed = self._benchmark.stats
        assert timed is not None, "pedantic has just filled it"
        blocks.take(timed.stats.data)
        measured = self._measured(blocks)
        while undecided and len(blocks.blocks) < _MOST_BLOCKS and undecided(measured):
            for _ in range(len(blocks.blocks)):
                for seconds in blocks.time_block():
                    timed.update(seconds)
            measured = self._measured(blocks)
        self._benchmark.extra_info.update(gate=str(Gate.LATENCY), batch=batch, **measured.figures)
        return measured

    @cached_property
    def _prepared(self) -> tuple[CaseWork | None, str]:
        """The rewritten FP32 to be timed too, and why it cannot be where it ought to."""
        try:
            return prepared_beside(self._work), ""
        except SuiteError as error:
            return None, str(error)

    @cached_property
    def _footprint(self) -> dict[str, float]:
        """What loading and first running a mode costs, one image at a time."""
        feeding, path = self._work.feeding, self._work.artifact.file.path
        found = footprint(path, self._provider, feeding.outputs.input, feeding.spec.shape(1))
        return {name: value for name, value in asdict(found).items() if value is not None}

    def _measured(self, timed: TimedBlocks) -> Measured:
        candidate = [seconds for block in timed.blocks for seconds in block.candidate]
        p50 = median_interval(candidate)
        observed = {
            "latency_ms": p50.point * _MS,
            "latency_p90_ms": quantile(candidate, 0.90) * _MS,
            "latency_p99_ms": quantile(candidate, 0.99) * _MS,
            "latency_with_copies_ms": median_interval(timed.with_copies).point * _MS,
            "images_per_second": timed.batch / p50.point,
            "blocks": len(timed.blocks),
            "rounds": len(candidate),
            **(self._footprint if timed.batch == 1 else {}),
        }
        intervals = {"latency_ms": (p50.low * _MS, p50.high * _MS)}
        figures: dict[str, float] = {}
        speeds: dict[str, Estimate] = {}
        if not self._work.mode.is_fp32:
            speeds = _speeds(timed)
            observed |= {name: each.point for name, each in speeds.items()}
            figures["speedup"] = observed.pop("speedup")
            intervals |= {name: (each.low, each.high) for name, each in speeds.items()}
            observed |= _beside_ms(timed)
        return Measured(
            section=str(latency_section(self._provider, timed.batch)),
            identity={"batch": timed.batch, "threads": self._provider.threads.latency},
            figures=figures,
            observed={name: value for name, value in observed.items() if math.isfinite(value)},
            intervals=intervals,
            remarks=tuple(self._remarks(timed, speeds)),
        )

    def _remarks(self, timed: TimedBlocks, speeds: Mapping[str, Estimate]) -> Iterator[str]:
        """What else there is to say of a mode's speed."""
        if timed.not_prepared:
            yield f"no speed is given against {PREPARED}: {timed.not_prepared}"
        ratio, over_prepared = speeds.get("speedup"), speeds.get("speedup_over_prepared")
        if ratio and ratio.high < 1:
            causes = "; ".join(measured_by(self._work, Gate.PLACEMENT).remarks)
            cause = f": likely because {causes}" if causes else ""
            yield f"slower than FP32: {ratio.point:.2f} × its speed{cause}"
        elif over_prepared and over_prepared.high < 1:
            yield f"slower than {PREPARED}: {over_prepared.point:.2f} × its speed"


def _speeds(timed: TimedBlocks) -> dict[str, Estimate]:
    """How much faster the mode is than FP32 and that prepared, and that than FP32, by figure."""
    found = {"speedup": median_interval([block.ratio for block in timed.blocks])}
    if timed.prepared:
        over = [block.over_prepared for block in timed.blocks]
        found["speedup_over_prepared"] = median_interval(over)
        found["prepared_speedup"] = median_interval([block.of_prepared for block in timed.blocks])
    return found


def _beside_ms(timed: TimedBlocks) -> dict[str, float]:
    """The medians of what was timed beside the mode, by figure, in milliseconds."""
    beside = {
        "latency_fp32_ms": [seconds for block in timed.blocks for seconds in block.fp32],
        "latency_prepared_ms": [seconds for block in timed.blocks for seconds in block.prepared],
    }
    return {name: median_interval(each).point * _MS for name, each in beside.items() if each}


def latency_section(provider: ProviderCard, batch: int) -> Section:
    """Where a speed-up is accepted: per device model and onnxruntime minor version."""
    key = f"{device_slug(provider)}.{minor_version()}.batch{batch}"
    return Section(Gate.LATENCY, key)
