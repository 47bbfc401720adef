"""The table of options: the typed options, and the command that runs a gate alone."""

import os
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from suite.catalog.case import Case
from suite.catalog.selection import Options
from suite.entry_points.plugin.invocation import Invocation
from suite.entry_points.plugin.options import OPTIONS, Effect, Kind, Option

VALUES: dict[Kind, Any] = {
    Kind.IDS: ("one", "two"),
    Kind.ID: "other",
    Kind.FOLDER: Path("some where"),
    Kind.FILE: Path("some ops.so"),
    Kind.REVISION: "v1.2",
    Kind.FLAG: True,
}
CASE: Case = SimpleNamespace(model=SimpleNamespace(id="net"), mode=SimpleNamespace(id="int8"))


def rerun(options: Options, taken: frozenset[str] = frozenset(), dataset: str | None = None) -> str:
    invocation = Invocation(("pytest",), ("--pyargs", "suite.gates"), (), options, taken)
    return invocation.rerun(CASE, dataset, "test_artifact")


def test_the_typed_options_and_the_table_are_the_same() -> None:
    assert [option.field for option in OPTIONS] == [field.name for field in fields(Options)]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.field)
def test_a_rerun_has_each_option_that_changes_figures(option: Option) -> None:
    given = rerun(replace(Options(), **{option.field: VALUES[option.kind]}))
    kept = option.effect in (Effect.FIGURES, Effect.FOLDER)
    assert (given != rerun(Options())) == kept
    assert (f" {option.short}" in given or f"'{option.short}" in given) == (
        kept or option.field in ("models", "modes")
    )


def test_a_rerun_names_its_own_case_and_quotes_for_a_shell() -> None:
    options = Options(models=("a", "b"), datasets=("c", "d"), data_dir=Path("some where"))
    assert rerun(options, dataset="lfw") == (
        "pytest --pyargs suite.gates '--data-dir=some where' --report-dir=face-quant-report/again "
        "--models=net --modes=int8 --datasets=lfw -k test_artifact"
    )


def test_a_command_can_be_written_whatever_bytes_its_paths_have() -> None:
    odd = os.fsdecode(b"caf\xe9")
    assert "--data-dir=caf\\udce9" in rerun(Options(data_dir=Path(odd)))
    assert Invocation(("pytest",), (), (odd,), Options(), frozenset()).command.isprintable()


def test_a_rerun_spells_out_what_somebody_else_has() -> None:
    assert "--fqg-models=net --modes=int8" in rerun(Options(), frozenset({"models"}))
