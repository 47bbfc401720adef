"""Quantized embeddings point where FP32's do: the only figure that sees calibration on noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suite.catalog.case import Case
    from suite.gates.check import GateCheck


def test_fidelity(quantized_case: Case, dataset: str, gate: GateCheck) -> None:
    gate.check(gate.measure())
