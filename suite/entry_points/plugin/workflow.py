"""What a workflow of GitHub is told of a run: the summary, and an annotation a cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from suite.catalog.catalog import Catalog
from suite.catalog.errors import spelt_out
from suite.report.causes import causes
from suite.report.fitting import code
from suite.report.folder import ReportFolder
from suite.report.model import Report
from suite.report.summary import to_summary

# Of one step GitHub shows so many errors.
_MOST = 10


def tell_github(report: ReportFolder, catalog: Catalog, environment: Mapping[str, str]) -> None:
    """Append the summary to the step's, and print an error for each cause, where GitHub runs it.

    A step's summary that cannot be written is said and fails nothing.
    """
    if step := environment.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(step).open("a", encoding="utf-8") as stream:
                stream.write(to_summary(report.report, _place(report.folder, environment)) + "\n")
        except OSError as error:
            print(f"{step}: cannot write the step's summary there ({error.strerror}).")
    if environment.get("GITHUB_ACTIONS") == "true":
        root = Path(environment.get("GITHUB_WORKSPACE") or Path.cwd())
        cards = {model.id: _within(model.card_file, root) for model in catalog.models.values()}
        for line in error_lines(report.report, cards):
            print(line)


def error_lines(report: Report, cards: Mapping[str, str]) -> Iterator[str]:
    """A workflow command for each cause of red gates, at the card of its model.

    ``cards`` are the models' cards, by id, as paths from the repository's root. The syntax is
    `GitHub's <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>`_.
    """
    for each in causes(report.records)[:_MOST]:
        also = f" (also red with it: {each.counted})" if each.counted else ""
        title = f"{each.root.gate}: {each.place}"
        file = cards.get(each.root.model, "")
        properties = {"file": file, "title": title} if file else {"title": title}
        named = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        yield f"::error {named}::{_data(f'{each.said}{also}')}"


def _data(words: str) -> str:
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    return _data(words).replace(":", "%3A").replace(",", "%2C")


def _within(file: Path, root: Path) -> str:
    """A file's path from the root of the repository, which annotations name; empty outside it."""
    path, above = file.resolve(), root.resolve()
    return path.relative_to(above).as_posix() if path.is_relative_to(above) else ""


def _place(folder: Path, environment: Mapping[str, str]) -> str:
    """Where the full report is: in a folder of the run, whose page is linked."""
    here = code(spelt_out(str(folder / "report.md")))
    parts = [environment.get(f"GITHUB_{key}") for key in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    if not all(parts):
        return here
    server, repository, run = parts
    return f"{here} of [this run]({server}/{repository}/actions/runs/{run})"
