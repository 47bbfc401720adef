"""The suite's command-line options."""

import shlex
from pathlib import Path

import pytest

from suite.catalog.catalog import Roots
from suite.catalog.selection import Options


def add_options(parser: pytest.Parser) -> None:
    """Add the suite's options, in a group of their own."""
    group = parser.getgroup("face-quant-gate", "quantization regression of face models")
    for name, what in (
        ("--models", "models to gate, by id (default: every model of the catalog)"),
        ("--modes", "modes to gate, by id (default: every mode that applies)"),
        ("--datasets", "evaluation sets to use, by id (default: every set the model names)"),
    ):
        group.addoption(name, metavar="ID[,ID…]", default="", help=what)
    group.addoption("--provider", metavar="ID", default="cpu", help="execution provider's card")
    group.addoption(
        "--profile",
        metavar="ID",
        default=None,
        help="gate on another profile than this CPU's, where it gives the same bits (cpu-avx2)",
    )
    for name, what in (
        ("--catalog", "a team's catalog folder (default: the built-in one)"),
        ("--data-dir", "root for data that cards name and that is not beside them"),
        ("--weights-dir", "folder in which weights are looked for"),
        ("--artifact-cache", "folder of built artifacts (default: the user's cache folder)"),
    ):
        group.addoption(name, metavar="DIR", type=Path, default=None, help=what)
    group.addoption(
        "--accept-licence",
        action="store_true",
        help="say that your use is one that the models' licences allow",
    )
    group.addoption(
        "--report-dir",
        metavar="DIR",
        type=Path,
        default=Path("face-quant-report"),
        help="folder of report.md and report.json (default: ./face-quant-report)",
    )
    group.addoption(
        "--report-append",
        action="store_true",
        help="complete the report of the run before, as with latency after a run under xdist",
    )
    group.addoption(
        "--require-all",
        action="store_true",
        help="fail on what was skipped, undecided, not compared or deferred",
    )


def read_options(config: pytest.Config) -> Options:
    """The options as given."""

    def ids(option: str) -> tuple[str, ...]:
        return tuple(name.strip() for name in config.getoption(option).split(",") if name.strip())

    return Options(
        models=ids("--models"),
        modes=ids("--modes"),
        datasets=ids("--datasets"),
        provider=config.getoption("--provider"),
        catalog=config.getoption("--catalog"),
        roots=Roots(config.getoption("--data-dir"), config.getoption("--weights-dir")),
        accept_licence=config.getoption("--accept-licence"),
    )


def command_line(config: pytest.Config) -> str:
    """The command that started this run."""
    return shlex.join(["pytest", *map(str, config.invocation_params.args)])
