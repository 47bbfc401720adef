"""Latency at batch 1 and at the provider's throughput batch: the ratio to FP32 is gated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suite.catalog.case import Case
    from suite.gates.check import GateCheck
    from suite.gates.latency import Stopwatch


@pytest.mark.latency
@pytest.mark.parametrize("load", ["latency", "throughput"])
def test_latency(case: Case, load: str, stopwatch: Stopwatch, gate: GateCheck) -> None:
    batch = stopwatch.batch(load)
    reason = stopwatch.cannot_time(batch)
    if reason:
        gate.conclude_without(*reason)
    if case.mode.is_fp32:
        gate.observe(stopwatch.measure(batch), "recorded: FP32 is what the others are held against")
    else:
        gate.check(stopwatch.measure(batch, gate.is_undecided))
