"""The gates, run by pytest in any repository."""

import argparse
import os
import subprocess
import sys

from suite.entry_points.pytest_command import job_words


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None of its own: all are pytest's, the suite's options among them."""


def run(chosen: argparse.Namespace) -> int:
    """Run pytest in a process in which this suite is the package ``suite``; its exit status.

    A repository's own package ``suite`` would come first where Python puts the current folder
    into its path, as ``python -m pytest`` has it put.
    """
    words = [sys.executable, "-P", "-m", "pytest", *job_words(), *chosen.rest]
    # For the workers of xdist, which are not started with -P.
    environment = {**os.environ, "PYTHONSAFEPATH": "1"}
    sys.stdout.flush()
    if os.name == "posix":
        # In this process's place, so that signals and the exit status are pytest's own.
        os.execve(sys.executable, words, environment)
    return subprocess.call(words, env=environment)
