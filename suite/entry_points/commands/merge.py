"""Several runs made one report: providers, or shards of one run."""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from suite.catalog.errors import SuiteError
from suite.catalog.files import real_path, write_whole
from suite.catalog.fresh import remove
from suite.entry_points.commands.arguments import add_history
from suite.entry_points.history import add_to_history, with_history
from suite.entry_points.step_summary import add_to_step
from suite.judging.outcome import Outcome
from suite.report.files import held, write_report
from suite.report.folder import PROPOSED
from suite.report.layers import FOLDER, copied
from suite.report.merging.merge import merge
from suite.report.merging.run import read_run
from suite.report.model import Report
from suite.report.names import NAMES, Names, known_names
from suite.report.records_file import RECORDS
from suite.report.terminal import verdict_lines

_DEFAULT = Path("face-quant-merged")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The runs, and where their report goes."""
    parser.add_argument(
        "folders", metavar="DIR", type=Path, nargs="+", help="the report folder of a run"
    )
    parser.add_argument(
        "--report-dir",
        metavar="DIR",
        type=Path,
        default=_DEFAULT,
        help=f"folder of the merged report (default: ./{_DEFAULT})",
    )
    parser.add_argument(
        "--require-all",
        action="store_true",
        help="fail on what was skipped, not compared or not decided, and on what no run judged",
    )
    add_history(parser)


def run(chosen: argparse.Namespace) -> int:
    """Write the merged report; 1 where its verdict is fail, as of a run."""
    target: Path = chosen.report_dir
    folders = {real_path(folder): folder for folder in chosen.folders}
    if real_path(target) in folders:
        raise SuiteError(
            where="--report-dir", what=f"{target} is the report of a run; give another folder."
        )
    runs = [read_run(folder) for folder in folders.values()]
    report = with_history(merge(runs, require_all=chosen.require_all), chosen.history)
    names = Names({k: v for folder in folders for k, v in known_names(folder).items()})
    _write(target, report, names, copied(folders.values()))
    add_to_history(chosen.history, report)
    add_to_step(report, target, os.environ)
    for note in (note for each in runs for note in each.notes):
        print(note)
    for line in verdict_lines(report, target):
        print(line)
    return 1 if report.verdict is Outcome.FAIL else 0


def _write(target: Path, report: Report, names: Names, layers: Mapping[str, str]) -> None:
    """Write all files, in the place of what another run or merge left there."""
    with held(target):
        for name in (RECORDS, NAMES):
            (target / name).unlink(missing_ok=True)
        for name in (PROPOSED, FOLDER):
            remove(target / name)
        for name, text in layers.items():
            (target / FOLDER).mkdir(exist_ok=True)
            write_whole(target / FOLDER / name, text)
        if names.known:
            names.write(target)
        write_report(target, report)
