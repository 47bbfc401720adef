"""Latency at batch 1 and at a larger batch, FP32 and the mode interleaved; recorded, not gated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from suite.gate import Gate
    from suite.latency import Stopwatch
    from suite.selection import Case


@pytest.mark.latency
@pytest.mark.parametrize("batch", [1, 8], ids=["batch1", "batch8"])
def test_latency(case: Case, batch: int, stopwatch: Stopwatch, gate: Gate) -> None:
    reason = stopwatch.cannot_time(case.model, case.mode, batch)
    if reason:
        gate.conclude_without(*reason)
    gate.observe(stopwatch.measure(case.model, case.mode, batch), "recorded; gates nothing")
