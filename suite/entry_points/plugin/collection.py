"""Gates made tests: one for each case, dataset and load, in the order in which they run best."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from suite.catalog.case import Case
from suite.entry_points.plugin.items import CASES, case_of, is_gate


def make_tests(metafunc: pytest.Metafunc, cases: Sequence[Case]) -> None:
    """Make a test of each model × mode (× dataset) of a gate's function."""
    name = next((name for name in CASES if name in metafunc.fixturenames), None)
    if name is None:
        return
    wanted = [case for case in cases if _wanted(name, case)]
    if "dataset" not in metafunc.fixturenames:
        metafunc.parametrize(name, [pytest.param(c, id=c.id, marks=_skip(c)) for c in wanted])
        return
    metafunc.parametrize(
        (name, "dataset"),
        [
            pytest.param(case, dataset, id=f"{case.id}-{dataset}", marks=_skip(case))
            for case in wanted
            for dataset in case.model.evaluation
        ],
    )


def sort_gates(items: list[pytest.Item], cases: Sequence[Case]) -> None:
    """Put a model's gates together, FP32 first, so that each model is held once.

    Other tests keep their places.
    """
    order = {case.id: index for index, case in enumerate(cases)}
    gates = [item for item in items if is_gate(item)]
    gates.sort(key=lambda item: (order[case_of(item).id], item.nodeid))
    rest = iter(gates)
    items[:] = [next(rest) if is_gate(item) else item for item in items]


def _wanted(name: str, case: Case) -> bool:
    return name == "case" or not case.mode.is_fp32


def _skip(case: Case) -> tuple[pytest.MarkDecorator, ...]:
    reason = case.skip or case.not_applicable
    return (pytest.mark.skip(reason=reason),) if reason else ()
