"""Where every node of an artifact runs: on the provider asked for, or the gate names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suite.catalog.case import Case
    from suite.gates.gate import Gate
    from suite.gates.workbench import Workbench


def test_placement(case: Case, workbench: Workbench, gate: Gate) -> None:
    gate.observe(workbench.measure_placement(case.model, case.mode), "runs where it was asked to")
