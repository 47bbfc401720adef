"""The suite's options: one table, of which the parser, the typed options and reruns are made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from suite.catalog.selection import Options
from suite.entry_points.commands.arguments import ids

PREFIX = "fqg"


class Effect(Enum):
    """What an option changes, and so whether the command that reruns one gate has it."""

    CASES = "which gates run; a rerun names its own"
    FIGURES = "what a gate measures or may measure; a rerun has it too"
    FOLDER = "where the report goes; a rerun's goes below it, so that it overwrites none"
    RUN = "what is done with what was measured; a rerun goes without"


class Kind(Enum):
    """What follows an option, as its help shows it."""

    IDS = "ID[,ID…]"
    ID = "ID"
    FOLDER = "DIR"
    FILE = "FILE"
    REVISION = "REV"
    FLAG = ""


_PATHS = (Kind.FOLDER, Kind.FILE)


@dataclass(frozen=True)
class Option:
    """One option; its field in `Options` names it."""

    field: str
    kind: Kind
    effect: Effect
    help: str

    @property
    def short(self) -> str:
        """As ``--models``, which a team's conftest or another plugin may have."""
        return f"--{self.field.replace('_', '-')}"

    @property
    def long(self) -> str:
        """As ``--fqg-models``, which is this suite's in any repository."""
        return f"--{PREFIX}{self.short[1:]}"

    @property
    def dest(self) -> str:
        """Its name in pytest's namespace, which has nobody else's value."""
        return f"{PREFIX}_{self.field}"

    def words(self, value: Any, name: str) -> str | None:
        """The option on a command line, under that name; None where it has its default."""
        if value == getattr(Options(), self.field):
            return None
        if self.kind is Kind.FLAG:
            return name
        return f"{name}={','.join(value) if self.kind is Kind.IDS else value}"


OPTIONS = (
    Option(
        "models",
        Kind.IDS,
        Effect.CASES,
        "models to gate, by id (default: every model of the catalog)",
    ),
    Option(
        "modes",
        Kind.IDS,
        Effect.CASES,
        "modes to gate, by id (default: every mode that applies)",
    ),
    Option(
        "datasets",
        Kind.IDS,
        Effect.CASES,
        "evaluation sets to use, by id (default: every set the model names)",
    ),
    Option("provider", Kind.ID, Effect.FIGURES, "execution provider's card"),
    Option(
        "profile",
        Kind.ID,
        Effect.FIGURES,
        "gate on another profile than this CPU's, where it gives the same bits (cpu-avx2)",
    ),
    Option(
        "catalog",
        Kind.FOLDER,
        Effect.FIGURES,
        "a team's catalog folder (default: the built-in one)",
    ),
    Option(
        "data_dir",
        Kind.FOLDER,
        Effect.FIGURES,
        "root for data that cards name and that is not beside them",
    ),
    Option("weights_dir", Kind.FOLDER, Effect.FIGURES, "folder in which weights are looked for"),
    Option(
        "op_library",
        Kind.FILE,
        Effect.FIGURES,
        "library of ops that onnxruntime lacks, which it loads and runs",
    ),
    Option(
        "artifact_cache",
        Kind.FOLDER,
        Effect.FIGURES,
        "folder of built artifacts (default: the user's cache folder)",
    ),
    Option(
        "accept_licence",
        Kind.FLAG,
        Effect.FIGURES,
        "say that your use is one that the models' licences allow",
    ),
    Option(
        "report_dir",
        Kind.FOLDER,
        Effect.FOLDER,
        "folder of report.md and report.json (default: ./face-quant-report)",
    ),
    Option(
        "report_append",
        Kind.FLAG,
        Effect.RUN,
        "complete the report of the run before, as with latency after a run under xdist",
    ),
    Option(
        "report_names",
        Kind.FLAG,
        Effect.RUN,
        "name images and people in the report as they are, which are personal data",
    ),
    Option(
        "report_faces",
        Kind.FLAG,
        Effect.RUN,
        "show faces in report.html, which then holds biometric data: flipped pairs and the like",
    ),
    Option(
        "require_all",
        Kind.FLAG,
        Effect.RUN,
        "fail on what was skipped, left out, undecided, not compared or deferred",
    ),
    Option(
        "from_report",
        Kind.FOLDER,
        Effect.RUN,
        "judge what a finished run measured, by its report's folder, instead of measuring",
    ),
    Option(
        "base",
        Kind.REVISION,
        Effect.RUN,
        "git revision that the report says the changes since (default: where the branch began)",
    ),
    Option(
        "history",
        Kind.FILE,
        Effect.RUN,
        "file to which the run's headline figures are added as a line, to follow them over runs",
    ),
)

# The fields whose short name another plugin or a conftest has.
TAKEN = pytest.StashKey[frozenset[str]]()


def add_options(parser: pytest.Parser, config: pytest.Config) -> None:
    """Add the suite's options, in a group of their own; the short names where they are free."""
    group = parser.getgroup("face-quant-gate", "quantization regression of face models")
    # With the options that a run must have, without which the parser takes no other.
    given = [*config.getini("addopts"), *map(str, config.invocation_params.args)]
    taken = frozenset(_taken(parser, given))
    config.stash[TAKEN] = taken
    for option in OPTIONS:
        names = (option.long,) if option.field in taken else (option.short, option.long)
        if option.kind is Kind.FLAG:
            group.addoption(*names, dest=option.dest, action="store_true", help=option.help)
            continue
        group.addoption(
            *names,
            dest=option.dest,
            metavar=option.kind.value,
            type=Path if option.kind in _PATHS else str,
            default="" if option.kind is Kind.IDS else getattr(Options(), option.field),
            help=option.help,
        )


def _taken(parser: pytest.Parser, given: list[str]) -> Iterator[str]:
    """The fields whose short name is an option already; pytest has no question for that."""
    shorts = [option.short for option in OPTIONS]
    if _are_unknown(parser, shorts, given):
        return
    for option in OPTIONS:
        if not _are_unknown(parser, [option.short], given):
            yield option.field


def _are_unknown(parser: pytest.Parser, names: list[str], given: list[str]) -> bool:
    try:
        return parser.parse_known_and_unknown_args([*names, *given])[1][: len(names)] == names
    except pytest.UsageError:  # a known one that wants a value
        return False


def read_options(config: pytest.Config) -> Options:
    """The options as given."""
    values = {option.field: config.getoption(option.dest) for option in OPTIONS}
    for option in OPTIONS:
        if option.kind is Kind.IDS:
            values[option.field] = ids(values[option.field])
    return Options(**values)


def folders_after_a_space(config: pytest.Config) -> list[str]:
    """The options for a path that were given without an equals sign."""
    names = {n for o in OPTIONS if o.kind in _PATHS for n in (o.short, o.long)}
    return [word for word in map(str, config.invocation_params.args) if word in names]
