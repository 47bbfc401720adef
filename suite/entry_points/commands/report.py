"""A run's report, made again of what its folder holds."""

import argparse
from pathlib import Path

from suite.catalog.errors import SuiteError
from suite.catalog.files import is_folder
from suite.entry_points.commands.arguments import add_history
from suite.entry_points.history import add_to_history, with_history
from suite.judging.outcome import Outcome
from suite.report.files import held, write_report
from suite.report.rebuilding import rebuild
from suite.report.terminal import verdict_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, and the runs before."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="a run's report folder")
    add_history(parser)


def run(chosen: argparse.Namespace) -> int:
    """Write ``report.json`` and the files beside it anew; of a killed run from its records.

    1 where its verdict is fail, as of a run: that of one that did not end is.
    """
    folder: Path = chosen.folder
    if not is_folder(folder):
        raise SuiteError(where=folder, what="there is no such folder; give a run's report folder.")
    with held(folder):
        rebuilt = rebuild(folder)
        report = with_history(rebuilt.report, chosen.history)
        write_report(folder, report)
    add_to_history(chosen.history, report)
    for note in rebuilt.notes:
        print(note)
    for line in verdict_lines(report, folder):
        print(line)
    return 1 if report.verdict is Outcome.FAIL else 0
