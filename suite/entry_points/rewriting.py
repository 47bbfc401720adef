"""A folder's report with the files beside it, written anew of what the folder holds."""

from __future__ import annotations

from pathlib import Path

from suite.entry_points.history import add_to_history, with_history
from suite.report.files import held, write_report
from suite.report.layers import read_layers
from suite.report.rebuilding import Rebuilt, rebuild


def rewrite(folder: Path, history: Path | None) -> Rebuilt:
    """Write a folder's files anew, and say what of it is in none of them.

    Parameters
    ----------
    history : the file of runs that the page shows; None shows none

    Raises
    ------
    SuiteError
        where another run writes there, as `rebuild`, or where the history cannot be added to.
    """
    with held(folder):
        rebuilt = rebuild(folder)
        report = with_history(rebuilt.report, history)
        write_report(folder, report)
    add_to_history(history, report)
    return Rebuilt(report, (*rebuilt.notes, *read_layers(folder).unread))
