"""The artifact is valid, loads, quantizes what its mode claims, and is no larger than accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suite.catalog.case import Case
    from suite.gates.gate import Gate
    from suite.gates.workbench import Workbench


def test_artifact(case: Case, workbench: Workbench, gate: Gate) -> None:
    gate.check(workbench.measure_artifact(case.model, case.mode))
