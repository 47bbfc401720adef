"""Verification figures are those accepted, and quantization cost no more than its policy allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suite.catalog.case import Case
    from suite.gates.gate import Gate
    from suite.gates.workbench import Workbench


def test_verification(case: Case, dataset: str, workbench: Workbench, gate: Gate) -> None:
    gate.check(workbench.measure_verification(case.model, case.mode, dataset))
