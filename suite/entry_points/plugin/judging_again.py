"""A finished run whose measurements are judged again: which gates it has, and whether it may."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from suite.catalog.errors import SuiteError
from suite.catalog.files import real_path
from suite.entry_points.plugin.items import case_of, dataset_of, gate_of, is_gate, load_of

if TYPE_CHECKING:
    from suite.entry_points.plugin.run import GateRun
    from suite.gates.recorded import RecordedRun

_RECORDED = pytest.StashKey["RecordedRun"]()
# The same catalog may lie elsewhere: what it holds is compared by its hashes.
_MAY_DIFFER = frozenset({"catalog"})


def recorded_run(run: GateRun) -> RecordedRun | None:
    """The finished run whose measurements are judged; None where gates measure.

    Raises
    ------
    SuiteError
        where there is no report, its run did not end, or it was made on another machine, provider
        or under other versions.
    """
    folder = run.options.from_report
    if folder is None:
        return None
    known = run.config.stash.get(_RECORDED, None)
    if known is None:
        known = run.config.stash[_RECORDED] = _read(run, folder)
    return known


def _read(run: GateRun, folder: Path) -> RecordedRun:
    from suite.entry_points.plugin.environment import describe
    from suite.gates.recorded import RecordedRun
    from suite.report.named import named
    from suite.report.reading import read_one_backend

    report = read_one_backend(folder)
    now = describe(run.selection, run.invocation.command, run.profile)
    if differences := now.differs_from(report.environment, _MAY_DIFFER):
        said = "; ".join(differences)
        raise SuiteError(
            where=folder, what=f"was made elsewhere or otherwise ({said}); run the gates again."
        )
    if report.not_run:
        raise SuiteError(
            where=folder,
            what=f"{len(report.not_run)} gates did not run in that run, the first "
            f"{report.not_run[0]}; run the gates again.",
        )
    if real_path(folder) == real_path(run.options.report_dir):
        raise SuiteError(
            where="--report-dir",
            what=f"{folder} is the report that is judged; give another folder for the new one.",
        )
    if run.options.report_names:
        report = named(report, folder)
    return RecordedRun(str(folder), report.records)


def leave_unrecorded_out(run: GateRun, items: list[pytest.Item]) -> None:
    """Deselect the gates of which the finished run measured nothing, where one is judged again."""
    try:
        recorded = recorded_run(run)
    except SuiteError as error:
        raise pytest.UsageError(str(error)) from None
    if recorded is None:
        return
    dropped = [item for item in items if is_gate(item) and not _has(run, recorded, item)]
    if dropped:
        run.config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


def _has(run: GateRun, recorded: RecordedRun, item: pytest.Item) -> bool:
    case, load = case_of(item), load_of(item)
    batch = {None: 0, "latency": 1}.get(load, run.provider.throughput_batch)
    return recorded.has(case.model.id, case.mode.id, gate_of(item), dataset_of(item), batch)
