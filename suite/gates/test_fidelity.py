"""Quantized embeddings point where FP32's do: the only figure that sees calibration on noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suite.catalog.case import Case
    from suite.gates.gate import Gate
    from suite.gates.workbench import Workbench


def test_fidelity(quantized_case: Case, dataset: str, workbench: Workbench, gate: Gate) -> None:
    gate.check(workbench.measure_fidelity(quantized_case.model, quantized_case.mode, dataset))
