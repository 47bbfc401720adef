"""Timing a mode and its FP32 interleaved, by pytest-benchmark."""

import statistics

from pytest_benchmark.fixture import BenchmarkFixture

from suite.cards import ModeCard, ModelCard
from suite.records import Measured, Outcome
from suite.runtime.embedding import graph_batch
from suite.runtime.profile import cpu_profile
from suite.runtime.timing import plan, runner, seconds_of
from suite.workbench import Workbench

_BUDGET_S = 1.0


class Stopwatch:
    """Times one case; pytest-benchmark times one target a test."""

    def __init__(self, workbench: Workbench, benchmark: BenchmarkFixture) -> None:
        self._workbench = workbench
        self._benchmark = benchmark

    def cannot_time(
        self, model: ModelCard, mode: ModeCard, batch: int
    ) -> tuple[Outcome, str] | None:
        """Why there is nothing to time: no pytest-benchmark, another profile, or a fixed batch."""
        if self._benchmark.disabled:
            return Outcome.DEFERRED, "pytest-benchmark is off here (under xdist, or by an option)"
        own = cpu_profile()
        if self._workbench.profile != own:
            words = f"latency on this {own} says nothing of {self._workbench.profile}"
            return Outcome.NOT_APPLICABLE, words
        for timed in (self._workbench.fp32, mode):
            fixed = graph_batch(self._workbench.latency_session(model, timed), model.outputs)
            if fixed is not None and fixed != batch:
                return Outcome.NOT_APPLICABLE, f"the graph's batch is fixed at {fixed}"
        return None

    def measure(self, model: ModelCard, mode: ModeCard, batch: int) -> Measured:
        """Median latency, images per second and the ratio to FP32 timed in turn with it."""
        spec = model.preprocess
        sides = (spec.height, spec.width)
        shape = (batch, 3, *sides) if spec.layout == "NCHW" else (batch, *sides, 3)
        candidate, reference = (
            runner(self._workbench.latency_session(model, timed), model.outputs.input, shape)
            for timed in (mode, self._workbench.fp32)
        )
        planned = plan(candidate, reference, _BUDGET_S)
        reference_s: list[float] = []
        self._benchmark.pedantic(  # type: ignore[no-untyped-call]
            candidate,
            setup=lambda: reference_s.append(seconds_of(reference)),
            rounds=planned.rounds,
            iterations=1,
            warmup_rounds=planned.warmup,
        )
        fp32_s = statistics.median(reference_s[planned.warmup :])
        timed = self._benchmark.stats
        assert timed is not None, "pedantic has just filled it"
        mode_s = float(timed.stats.median)
        figures = {
            "latency_ms": mode_s * 1e3,
            "latency_fp32_ms": fp32_s * 1e3,
            "speedup": fp32_s / mode_s,
            "images_per_second": batch / mode_s,
        }
        self._benchmark.extra_info.update(speedup_over_fp32=figures["speedup"], batch=batch)
        identity: dict[str, str | int] = {
            "batch": batch,
            "rounds": planned.rounds,
            "threads": self._workbench.provider.threads.latency,
        }
        return Measured(section="latency", identity=identity, figures=figures)
