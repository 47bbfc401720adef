"""What a change did to the gate: its accepted figures, limits, cards and coverage."""

import argparse
import json
from pathlib import Path

from suite.catalog.builtin import builtin_folder
from suite.catalog.errors import SuiteError
from suite.catalog.files import is_file, is_folder
from suite.entry_points.commands.arguments import add_catalog
from suite.entry_points.commands.gate_state import state_of
from suite.judging.changes.compare import compare
from suite.judging.changes.state import GateState, state_of_records
from suite.report.changes import to_markdown, to_text
from suite.report.reading import read_one_backend


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is compared with what, and how it is said."""
    parser.add_argument("base", metavar="BASE", help="a git revision, or a run's report folder")
    parser.add_argument(
        "head", metavar="HEAD", nargs="?", help="the same; by default the working tree"
    )
    add_catalog(parser)
    parser.add_argument(
        "--format", choices=("text", "markdown", "json"), default="text", help="default: text"
    )
    parser.add_argument(
        "--fail-on-harm",
        action="store_true",
        help="exit with 1 where coverage is less, an identity is another, a figure is worse, or a "
        "limit wider",
    )


def run(chosen: argparse.Namespace) -> int:
    """Print the differences."""
    base, head = _states(chosen.base, chosen.head, chosen.catalog)
    changes = compare(base, head)
    if chosen.format == "json":
        listed = [change.model_dump(mode="json") for change in changes]
        document = {"base": base.name, "head": head.name, "changes": listed}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        write = to_markdown if chosen.format == "markdown" else to_text
        print(write(changes, base.name, head.name), end="")
    return 1 if chosen.fail_on_harm and any(change.harmful for change in changes) else 0


def _states(base: str, head: str | None, folder: Path | None) -> tuple[GateState, GateState]:
    of_reports = [name for name in (base, head) if name is not None and _is_report(name)]
    if of_reports and (head is None or len(of_reports) == 1):
        raise SuiteError(
            f"{of_reports[0]}: is a report's folder, which is compared with another one; give two."
        )
    if of_reports:
        one, other = (
            state_of_records(n, read_one_backend(Path(n)).records) for n in (base, str(head))
        )
        return one, other
    states = state_of(base, folder), state_of(head, folder)
    if not any(state.cards or state.accepted or state.unread for state in states):
        raise SuiteError(
            where=folder or builtin_folder(),
            what=f"holds no catalog, neither in {states[0].name} nor in {states[1].name}; give the "
            "catalog's folder with --catalog.",
        )
    return states


def _is_report(name: str) -> bool:
    return is_folder(Path(name)) and is_file(Path(name) / "report.json")
