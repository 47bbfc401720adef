"""What a workflow of GitHub is told of a run: the summary, and an annotation a cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from suite.catalog.catalog import Catalog
from suite.catalog.files import real_path
from suite.entry_points.step_summary import add_to_step
from suite.report.causes import causes
from suite.report.folder import ReportFolder
from suite.report.model import Report

# Of one step GitHub shows so many errors.
_MOST = 10


def tell_github(report: ReportFolder, catalog: Catalog, environment: Mapping[str, str]) -> None:
    """Append the summary to the step's, and print an error for each cause, where GitHub runs it."""
    add_to_step(report.report, report.folder, environment)
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
    path, above = real_path(file), real_path(root)
    return path.relative_to(above).as_posix() if path.is_relative_to(above) else ""
