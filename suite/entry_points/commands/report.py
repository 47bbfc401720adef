"""A run's report, made again of what its folder holds."""

import argparse
from pathlib import Path

from suite.catalog.errors import SuiteError
from suite.catalog.files import is_folder
from suite.entry_points.commands.arguments import add_history
from suite.entry_points.rewriting import rewrite
from suite.judging.outcome import Outcome
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
    rebuilt = rewrite(folder, chosen.history)
    for note in rebuilt.notes:
        print(note)
    for line in verdict_lines(rebuilt.report, folder):
        print(line)
    return 1 if rebuilt.report.verdict is Outcome.FAIL else 0
