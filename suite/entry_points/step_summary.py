"""The summary of GitHub's step, to which a report's is appended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from suite.catalog.errors import spelt_out
from suite.report.fitting import code
from suite.report.model import Report
from suite.report.summary import to_summary


def add_to_step(report: Report, folder: Path, environment: Mapping[str, str]) -> None:
    """Append a report's summary to the step's where GitHub has one; ``folder`` has the report.

    One that cannot be written is said and fails nothing.
    """
    step = environment.get("GITHUB_STEP_SUMMARY")
    if not step:
        return
    try:
        with Path(step).open("a", encoding="utf-8") as stream:
            stream.write(to_summary(report, _place(folder, environment)) + "\n")
    except OSError as error:
        print(f"{step}: cannot write the step's summary there ({error.strerror}).")


def _place(folder: Path, environment: Mapping[str, str]) -> str:
    """Where the full report is: in a folder of the run, whose page is linked."""
    here = code(spelt_out(str(folder / "report.md")))
    parts = [environment.get(f"GITHUB_{key}") for key in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    if not all(parts):
        return here
    server, repository, run = parts
    return f"{here} of [this run]({server}/{repository}/actions/runs/{run})"
