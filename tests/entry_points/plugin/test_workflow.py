"""What a workflow of GitHub is told."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from records import ENVIRONMENT, measured, record

from suite.catalog.folder import read_catalog
from suite.catalog.gate import Gate
from suite.entry_points.plugin.workflow import error_lines, tell_github
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.folder import ReportFolder
from suite.report.verdict import make_report

MODEL = "arcface-embedded"


def lines(*records: Record, cards: dict[str, str] | None = None) -> list[str]:
    report = make_report(ENVIRONMENT, records, complete=True, require_all=False)
    return list(error_lines(report, cards or {}))


def red(**rest: object) -> Record:
    rest.setdefault("measured", measured(Gate.FIDELITY, "lfw"))
    return record(Gate.FIDELITY, Outcome.FAIL, "a: 5 %,\nworse", dataset="lfw", **rest)


def test_a_cause_is_an_error_at_its_card_escaped_as_github_asks() -> None:
    cards = {"m": "quant/a,b:c/m.toml"}
    assert lines(red(), cards=cards) == [
        "::error file=quant/a%2Cb%3Ac/m.toml,title=fidelity%3A m fp32 on lfw::a: 5 %25, worse"
    ]


def test_a_card_outside_the_repository_is_not_named() -> None:
    (line,) = lines(red(), cards={"m": ""})
    assert line.startswith("::error title=fidelity%3A m fp32 on lfw::")


def test_a_cause_of_several_gates_is_one_error() -> None:
    found = measured(Gate.VERIFICATION, "lfw")
    verification = record(Gate.VERIFICATION, Outcome.FAIL, "b", dataset="lfw", measured=found)
    (line,) = lines(red(), verification)
    assert line.endswith("::b (also red with it: 1 fidelity)")


def test_no_more_errors_than_github_shows() -> None:
    many = [red(model=f"m{n}").model_copy(update={"headline": f"{n} is low"}) for n in range(20)]
    assert len(lines(*many)) == 10


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[ReportFolder]:
    made = ReportFolder(tmp_path / "out", ENVIRONMENT, require_all=False)
    made.add(record(Gate.ARTIFACT, Outcome.FAIL, "too large", model=MODEL))
    made.write(complete=True)
    yield made
    made.close()


def test_the_summary_is_appended_to_the_step_s(
    folder: ReportFolder, tmp_path: Path, capsys
) -> None:
    step = tmp_path / "step.md"
    step.write_text("before\n")
    github = {
        "GITHUB_STEP_SUMMARY": str(step),
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "team/repo",
        "GITHUB_RUN_ID": "7",
    }
    tell_github(folder, read_catalog(None), github)
    text = step.read_text()
    assert text.startswith("before\n## FAIL: 1 of 1 gates failed")
    where = "[this run](https://github.com/team/repo/actions/runs/7)"
    assert f"Full report: `{folder.folder / 'report.md'}` of {where}." in text
    assert capsys.readouterr().out == ""


def test_a_folder_of_any_bytes_can_be_named(tmp_path: Path) -> None:
    odd = ReportFolder(tmp_path / os.fsdecode(b"caf\xe9"), ENVIRONMENT, require_all=False)
    odd.write(complete=True)
    odd.close()
    tell_github(odd, read_catalog(None), {"GITHUB_STEP_SUMMARY": str(tmp_path / "step.md")})
    assert "caf\\udce9/report.md" in (tmp_path / "step.md").read_text()


def test_errors_name_cards_from_the_workspace(folder: ReportFolder, capsys) -> None:
    catalog = read_catalog(None)
    root = catalog.models[MODEL].card_file.parents[2]
    workflow = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(root)}
    tell_github(folder, catalog, workflow)
    assert capsys.readouterr().out == (
        f"::error file=fixtures/models/{MODEL}.toml,title=artifact%3A {MODEL} fp32::too large\n"
    )
    tell_github(folder, catalog, {"GITHUB_ACTIONS": "false"})
    assert capsys.readouterr().out == ""


def test_a_summary_that_cannot_be_written_is_said_and_fails_nothing(
    folder: ReportFolder, tmp_path: Path, capsys
) -> None:
    tell_github(folder, read_catalog(None), {"GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert "cannot write the step's summary there" in capsys.readouterr().out
