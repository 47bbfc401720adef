"""The same faces get the same embeddings, whatever their neighbours in the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suite.catalog.case import Case
    from suite.gates.check import GateCheck


def test_behaviour(case: Case, gate: GateCheck) -> None:
    gate.check_itself(gate.measure())
