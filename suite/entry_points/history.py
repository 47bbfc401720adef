"""The history that ``--history`` names: read before a report is made, added to after it is."""

from __future__ import annotations

from pathlib import Path

from suite.report.history import PastRun, read_history
from suite.report.history_line import append_run, before, past_runs, require_writable
from suite.report.model import Report


def earlier_runs(path: Path | None) -> tuple[PastRun, ...]:
    """The runs that a file has so far; none where no file is asked for.

    Raises
    ------
    SuiteError
        where this run could not be added to it.
    """
    if path is None:
        return ()
    require_writable(path)
    return read_history(path).runs


def with_history(report: Report, path: Path | None) -> Report:
    """A report that was made before, with the runs of a file that came before it.

    Raises
    ------
    SuiteError
        as `earlier_runs`.
    """
    return report.model_copy(update={"history": before(report, earlier_runs(path))})


def add_to_history(path: Path | None, report: Report) -> None:
    """Add a report's runs to a file that has them not, and print what of it cannot be read.

    Nothing of a run that did not end.

    Raises
    ------
    SuiteError
        where it cannot be written.
    """
    if path is None:
        return
    known = read_history(path).runs
    for run in past_runs(report) if report.complete else ():
        if not any(map(run.is_line_of, known)):
            append_run(path, run)
    history = read_history(path)
    for note in history.notes:
        print(note)
    count = f"{len(history.runs)} {'run' if len(history.runs) == 1 else 'runs'}"
    print(
        f"history: {path}, {count}{'' if report.complete else '; a run that did not end is none'}"
    )
