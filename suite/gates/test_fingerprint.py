"""Preprocessing and the network make of fixed synthetic inputs what they made when accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suite.catalog.case import Case
    from suite.gates.check import GateCheck


def test_fingerprint(case: Case, gate: GateCheck) -> None:
    gate.check(gate.measure())
