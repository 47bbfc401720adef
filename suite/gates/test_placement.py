"""Where every node of an artifact runs: on the provider asked for, or the gate names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suite.catalog.case import Case
    from suite.gates.check import GateCheck


def test_placement(case: Case, gate: GateCheck) -> None:
    measured = gate.measure()
    if measured.figures:
        gate.check(measured)
    else:
        gate.hold(measured, "runs where it was asked to")
