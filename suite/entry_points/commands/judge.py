"""A finished run's measurements, held against today's limits and baselines."""

import argparse
from pathlib import Path

from suite.catalog.errors import SuiteError
from suite.catalog.files import refuse_link_away
from suite.entry_points.commands import run as gates


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The run; what follows is pytest's, as of ``run``."""
    parser.add_argument("report", metavar="REPORT_DIR", type=Path, help="a finished run's report")


def run(chosen: argparse.Namespace) -> int:
    """Run the gates on what was measured; their report goes below that of the run."""
    return judged(chosen)


def judged(chosen: argparse.Namespace, *more: str) -> int:
    """As `run`, with more arguments for pytest."""
    folder: Path = chosen.report
    refuse_link_away(folder, folder / "judged" / "any", SuiteError)
    where = [f"--fqg-report-dir={folder / 'judged'}", f"--fqg-from-report={folder}"]
    chosen.rest = [*where, *more, *chosen.rest]
    return gates.run(chosen)
