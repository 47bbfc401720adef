"""The history that ``--history`` names: read before the first gate, added to after the last."""

from __future__ import annotations

from pathlib import Path

from suite.report.history import PastRun, read_history
from suite.report.history_line import append_run, past_run, require_writable
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


def add_to_history(path: Path | None, report: Report) -> None:
    """Add a run that ended to a file, and print what of the file cannot be read.

    Raises
    ------
    SuiteError
        where it cannot be written.
    """
    if path is None or not report.complete:
        return
    append_run(path, past_run(report))
    history = read_history(path)
    for note in history.notes:
        print(note)
    print(f"history: {path}, {len(history.runs)} {'run' if len(history.runs) == 1 else 'runs'}")
