"""The artifact is valid, loads, quantizes what its mode claims, and is no larger than accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suite.catalog.case import Case
    from suite.gates.check import GateCheck


def test_artifact(case: Case, gate: GateCheck) -> None:
    gate.check(gate.measure())
