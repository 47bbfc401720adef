"""Latency at batch 1 and at the provider's throughput batch: the ratio to FP32 is gated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suite.catalog.case import Case
    from suite.gates.gate import Gate
    from suite.gates.latency import Stopwatch


@pytest.mark.latency
@pytest.mark.parametrize("load", ["latency", "throughput"])
def test_latency(case: Case, load: str, stopwatch: Stopwatch, gate: Gate) -> None:
    batch = stopwatch.batch(load)
    reason = stopwatch.cannot_time(case.model, case.mode, batch)
    if reason:
        gate.conclude_without(*reason)
    if case.mode.is_reference:
        measured = stopwatch.measure(case.model, case.mode, batch)
        gate.observe(measured, "recorded: FP32 is what the others are held against")
    else:
        gate.check(stopwatch.measure(case.model, case.mode, batch, gate.is_undecided))
