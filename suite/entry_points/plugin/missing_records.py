"""Records of gates that ended without one: skipped, broken, or lost with their worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from suite.catalog.case import Case
from suite.catalog.errors import visible
from suite.entry_points.plugin.items import (
    case_of,
    dataset_of,
    function_of,
    gate_named,
    mistake_in,
)
from suite.entry_points.plugin.run import GateRun
from suite.entry_points.plugin.xdist import case_in
from suite.gates.conclusion import attach, attached, concluded
from suite.judging.outcome import Outcome
from suite.judging.record import Record


def attach_missing(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Give a gate that was skipped or broke before it could conclude its record."""
    if attached(item):
        return
    if excinfo.errisinstance((KeyboardInterrupt, pytest.exit.Exception)):
        return
    case = case_of(item)
    outcome, taken_away = Outcome.FAIL, False
    if excinfo.errisinstance(pytest.skip.Exception):
        outcome, headline = Outcome.SKIPPED, case.skip or str(excinfo.value)
        taken_away = not case.skip and not case.not_applicable
        if case.not_applicable and not case.skip:
            outcome, headline = Outcome.NOT_APPLICABLE, case.not_applicable
    elif mistake := mistake_in(excinfo):
        headline = str(mistake)
    else:
        headline = visible(f"the gate broke: {excinfo.exconly()}")
    name, dataset = function_of(item), dataset_of(item)
    run = GateRun.of(item.config)
    missing = _record(run, item.nodeid, name, case, dataset, outcome, headline)
    attach(item, missing.model_copy(update={"taken_away": taken_away}))


@contextmanager
def missing_attached(item: pytest.Item) -> Iterator[None]:
    """Give a gate's attempt that ends meanwhile without a record one."""
    try:
        yield
    except BaseException:
        attach_missing(item, pytest.ExceptionInfo.from_current())
        raise


def lost_record(run: GateRun, report: pytest.TestReport) -> Record | None:
    """The record of a gate whose worker died; its report names the worker."""
    found = case_in(report.nodeid, run.selection)
    if found is None:
        return None
    name, _, parameters = report.nodeid.rpartition("::")[2].partition("[")
    headline = str(report.longrepr).strip().splitlines()[-1]
    record = _record(run, report.nodeid, name, *found, Outcome.FAIL, headline)
    loads = [load for load in record.gate.loads if parameters.endswith(f"-{load}]")]
    return record.model_copy(update={"load": next(iter(loads), None)})


def _record(
    run: GateRun,
    node: str,
    test: str,
    case: Case,
    dataset: str | None,
    outcome: Outcome,
    headline: str,
) -> Record:
    return concluded(
        gate_named(test),
        case,
        dataset,
        node,
        run.invocation.rerun(case, dataset, test),
        run.options.provider,
        outcome=outcome,
        headline=headline.strip(),
        unacceptable=outcome is Outcome.FAIL,
        refused=run.accepts and outcome is Outcome.FAIL,
    )
