"""Timing a mode, its FP32 and that prepared in turn, block by block, by pytest-benchmark."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from suite.runtime.timing import LEAST_CLEAN, Block, Estimate, median_interval, quantile
from suite.runtime.versions import minor_version

# The fewest blocks of which a median has a 95 % interval, and how many more are tried, a doubling
# each, before a gate stays undecided.
_BLOCKS = 6
_MOST_BLOCKS = 24
# Nothing is judged on FP32's own time.
_REFERENCE_BLOCKS = 3
_MS = 1e3
# Of a mode, what is held to the accepted figures.
_COMPARED = (
    "speedup",
    "fp32_over_probe",
    "mode_over_probe",
    "probe_ms",
    "peak_memory_mib",
    "memory_growth_kib",
)


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
        blocks.end_block()
        measured = self.concluded(blocks, undecided)
        for block in blocks.blocks[_BLOCKS:]:
            for seconds in block.candidate:
                timed.update(seconds)
        self._benchmark.extra_info.update(gate=str(Gate.LATENCY), batch=batch, **measured.figures)
        return measured

    def concluded(
        self, blocks: TimedBlocks, undecided: Callable[[Measured], bool] | None = None
    ) -> Measured:
        """What some blocks say, and as many again until that is decided, up to a bound."""
        measured = self._measured(blocks)
        # A machine on which no block at all was clean will not be quiet by the last one.
        while undecided and blocks.clean and len(blocks.blocks) < _MOST_BLOCKS:
            if not undecided(measured):
                break
            for _ in range(len(blocks.blocks)):
                blocks.time_block()
            measured = self._measured(blocks)
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
        # Of too few clean blocks all are shown, and nothing is concluded of them.
        disturbed = _disturbed(timed, _REFERENCE_BLOCKS if self._work.mode.is_fp32 else _BLOCKS)
        blocks = timed.blocks if disturbed else timed.clean
        candidate = [seconds for block in blocks for seconds in block.judged(block.candidate)]
        p50 = median_interval(candidate)
        observed = {
            "latency_ms": p50.point * _MS,
            "latency_p90_ms": quantile(candidate, 0.90) * _MS,
            "latency_p99_ms": quantile(candidate, 0.99) * _MS,
            "latency_with_copies_ms": median_interval(timed.with_copies).point * _MS,
            "images_per_second": timed.batch / p50.point,
            "blocks": len(timed.blocks),
            "clean_blocks": len(timed.clean),
            "rounds": len(candidate),
            **(self._footprint if timed.batch == 1 else {}),
        }
        estimates: dict[str, Estimate] = {}
        if not self._work.mode.is_fp32:
            estimates = {**_speeds(blocks), **_over_probe(blocks)}
            observed |= {name: each.point for name, each in estimates.items()} | _beside_ms(blocks)
        observed |= _probe_ms(blocks)
        intervals = {name: (each.low, each.high) for name, each in estimates.items()}
        compared = () if self._work.mode.is_fp32 else _COMPARED
        return Measured(
            section=str(latency_section(self._provider, timed.batch)),
            identity={"batch": timed.batch, "threads": self._provider.threads.latency},
            figures={name: observed.pop(name) for name in compared if name in observed},
            observed={name: value for name, value in observed.items() if math.isfinite(value)},
            intervals={
                "latency_ms": (p50.low * _MS, p50.high * _MS),
                **{name: ends for name, ends in intervals.items() if all(map(math.isfinite, ends))},
            },
            # FP32's own time is concluded of nothing, so that it is said beside it.
            remarks=(
                *self._remarks(timed, estimates),
                *([disturbed] if disturbed and self._work.mode.is_fp32 else []),
            ),
            disturbed=disturbed,
        )

    def _remarks(self, timed: TimedBlocks, speeds: Mapping[str, Estimate]) -> Iterator[str]:
        """What else there is to say of a mode's speed."""
        if timed.watch.unseen:
            yield timed.watch.unseen
        if timed.not_prepared:
            yield f"no speed is given against {PREPARED}: {timed.not_prepared}"
        ratio, over_prepared = speeds.get("speedup"), speeds.get("speedup_over_prepared")
        if ratio and ratio.high < 1:
            causes = "; ".join(measured_by(self._work, Gate.PLACEMENT).remarks)
            cause = f": likely because {causes}" if causes else ""
            yield f"slower than FP32: {ratio.point:.2f} × its speed{cause}"
        elif over_prepared and over_prepared.high < 1:
            yield f"slower than {PREPARED}: {over_prepared.point:.2f} × its speed"


def _speeds(blocks: Sequence[Block]) -> dict[str, Estimate]:
    """How much faster the mode is than FP32 and that prepared, and that than FP32, by figure."""
    found = {"speedup": median_interval([block.ratio for block in blocks])}
    if all(block.prepared for block in blocks):
        found["speedup_over_prepared"] = median_interval([block.over_prepared for block in blocks])
        found["prepared_speedup"] = median_interval([block.of_prepared for block in blocks])
    return found


def _over_probe(blocks: Sequence[Block]) -> dict[str, Estimate]:
    """The latencies of both over that of the probe loop in the same block, by figure."""
    probed = [block for block in blocks if block.probe]
    if not probed:
        return {}
    return {
        "fp32_over_probe": median_interval([block.over_probe(block.fp32) for block in probed]),
        "mode_over_probe": median_interval([block.over_probe(block.candidate) for block in probed]),
    }


def _probe_ms(blocks: Sequence[Block]) -> dict[str, float]:
    seconds = [seconds for block in blocks for seconds in block.probe]
    return {"probe_ms": statistics.median(seconds) * _MS} if seconds else {}


def _beside_ms(blocks: Sequence[Block]) -> dict[str, float]:
    """The medians of what was timed beside the mode, by figure, in milliseconds."""
    beside = {
        "latency_fp32_ms": [each for block in blocks for each in block.judged(block.fp32)],
        "latency_prepared_ms": [each for block in blocks for each in block.prepared],
    }
    return {name: median_interval(each).point * _MS for name, each in beside.items() if each}


def _disturbed(timed: TimedBlocks, least: int) -> str:
    """Why too few blocks are clean for anything to be concluded; empty where enough are."""
    blocks, clean = timed.blocks, timed.clean
    if len(clean) >= least:
        return ""
    turns = [each for block in blocks for each in block.clean]
    stolen = sum(block.disturbed for block in blocks)
    why = f"; the machine gave time to others in {stolen}" if stolen else ""
    return (
        f"a busy neighbour: {sum(turns)} of {len(turns)} turns had the core to themselves, and "
        f"{len(clean)} of {len(blocks)} blocks had {LEAST_CLEAN} such turns, where {least} are "
        f"needed{why}"
    )


def latency_section(provider: ProviderCard, batch: int) -> Section:
    """Where a speed-up is accepted: per device model and onnxruntime minor version."""
    key = f"{device_slug(provider)}.{minor_version()}.batch{batch}"
    return Section(Gate.LATENCY, key)
