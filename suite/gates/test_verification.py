"""Verification figures are those accepted, and quantization cost no more than its policy allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suite.catalog.case import Case
    from suite.gates.check import GateCheck


def test_verification(case: Case, dataset: str, gate: GateCheck) -> None:
    gate.check(gate.measure())
