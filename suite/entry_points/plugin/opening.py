"""How a run begins: what it needs is there, and its report's folder is opened."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from suite.catalog.files import make_private
from suite.catalog.selection import Options
from suite.entry_points.history import earlier_runs
from suite.entry_points.plugin.base import compared, refuse_unknown_base
from suite.entry_points.plugin.environment import describe, to_be_judged
from suite.entry_points.plugin.xdist import workers
from suite.report.files import writing_report
from suite.report.folder import ReportFolder
from suite.report.names import Names, known_names
from suite.runtime.providers import require_provider

if TYPE_CHECKING:
    from suite.entry_points.plugin.run import GateRun


def _names(options: Options) -> Names:
    """What hides names, with those that the run before hid, where it goes on or is judged."""
    before = options.report_dir if options.report_append else options.from_report
    return Names(known_names(before) if before else {})


def _make_private(folder: Path) -> None:
    with writing_report(folder):
        make_private(folder)


def opened(run: GateRun) -> ReportFolder:
    """The folder of a run's report, which its owner alone may read where it is to show faces.

    Raises
    ------
    SuiteError
        where its provider cannot be used here, its base is no revision, or the folder cannot be
        written, nor the history that was asked for.
    """
    require_provider(run.provider)
    refuse_unknown_base(run.options, run.selection.catalog)
    if run.options.report_faces:
        _make_private(run.options.report_dir)
    command, profile = run.invocation.command, run.profile
    return ReportFolder(
        run.options.report_dir,
        describe(run.selection, command, profile, workers(run.config)),
        require_all=run.options.require_all,
        append=run.options.report_append,
        coverage=to_be_judged(run.selection, profile, run.options),
        past=earlier_runs(run.options.history),
        compare=partial(compared, run.options, run.selection.catalog, os.environ),
        names=None if run.options.report_names else _names(run.options),
    )
