"""Rebuilding: all that a killed run had kept is in its report again, and that it did not end."""

import json
from pathlib import Path

import pytest
from layers import layers, write_layers
from records import ENVIRONMENT, measured, record

from suite.catalog.errors import SuiteError
from suite.catalog.gate import Gate
from suite.catalog.plan import PlannedGate
from suite.entry_points.commands.main import main
from suite.judging.changes.compared import Compared
from suite.judging.coverage import Coverage, Scope
from suite.judging.outcome import Outcome
from suite.report.files import FILES
from suite.report.folder import ReportFolder
from suite.report.history import read_history
from suite.report.history_line import append_run, past_runs
from suite.report.reading import read_report, read_unfinished
from suite.report.rebuilding import rebuild

MODES = ("fp32", "int8_dynamic", "int8_static_qdq")
RECORDS = [record(mode=mode, measured=measured(Gate.ARTIFACT)) for mode in MODES]


def killed(folder: Path) -> None:
    """What is left where a run of four gates died after the third."""
    run = ReportFolder(folder, ENVIRONMENT, require_all=False)
    run.plan([*(each.node for each in RECORDS), "last"])
    for each in RECORDS:
        run.add(each)
    run.close()


def append(folder: Path, text: str) -> None:
    with (folder / "records.jsonl").open("a") as stream:
        stream.write(text)


def test_records_that_the_report_lagged_behind_are_in_it(tmp_path: Path) -> None:
    killed(tmp_path)
    assert read_unfinished(tmp_path).records == ()
    report = rebuild(tmp_path).report
    assert list(report.records) == RECORDS
    assert report.not_run == ("last",)
    assert report.concluded == "FAIL: the run did not end; 1 of 4 gates did not run (3 pass)"


def test_the_last_line_of_a_gate_counts(tmp_path: Path) -> None:
    killed(tmp_path)
    again = RECORDS[0].model_copy(update={"outcome": Outcome.FAIL, "headline": "shaken"})
    append(tmp_path, again.model_dump_json() + "\n")
    report = rebuild(tmp_path).report
    assert [each.headline for each in report.records] == ["shaken", "as accepted", "as accepted"]


def test_what_was_left_out_and_required_is_known_from_the_report(tmp_path: Path) -> None:
    whole = tuple(PlannedGate(Gate.ARTIFACT, model, "fp32") for model in "mn")
    run = ReportFolder(tmp_path, ENVIRONMENT, require_all=True, coverage=Coverage(whole, whole[:1]))
    run.plan([RECORDS[0].node])
    run.add(RECORDS[0])
    run.close()
    report = rebuild(tmp_path).report
    assert report.left_out == ("model n",)
    assert "--require-all: gates were left out" in report.summary
    assert report.scope == Scope.of(Coverage(whole, whole[:1]))


@pytest.mark.parametrize("kept", [1, 100])
def test_a_last_line_that_was_cut_short_is_left_out_and_said(tmp_path: Path, kept: int) -> None:
    killed(tmp_path)
    append(tmp_path, record(Gate.FIDELITY).model_dump_json()[:kept])
    rebuilt = rebuild(tmp_path)
    assert list(rebuilt.report.records) == RECORDS
    (note,) = rebuilt.notes
    assert note.endswith("records.jsonl: the last line was cut short and is left out")


def test_a_damaged_line_among_others_is_named(tmp_path: Path) -> None:
    killed(tmp_path)
    lines = (tmp_path / "records.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "records.jsonl").write_text("".join([lines[0], lines[1][:50] + "\n", lines[2]]))
    with pytest.raises(SuiteError, match=r"records.jsonl: line 2 is not a readable record"):
        rebuild(tmp_path)


def test_the_report_of_a_run_that_ended_is_as_it_was(tmp_path: Path) -> None:
    run = ReportFolder(tmp_path, ENVIRONMENT, require_all=True)
    for each in RECORDS:
        run.add(each)
    run.write(complete=True)
    run.close()
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    for name in FILES:
        (tmp_path / name).unlink()
    assert main(["report", str(tmp_path)]) == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before
    assert read_report(tmp_path) == run.report


def test_the_command_writes_every_file_and_says_the_verdict(tmp_path: Path, capsys) -> None:
    killed(tmp_path)
    assert main(["report", str(tmp_path)]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["records.jsonl", "report.json", *FILES]
    )
    assert len(read_unfinished(tmp_path).records) == 3
    verdict, place = capsys.readouterr().out.splitlines()
    assert verdict.startswith("FAIL: the run did not end; ")
    assert place == f"report: {tmp_path / 'report.md'} and report.html"


def test_a_red_run_that_ended_is_red_again_and_help_says_so(tmp_path: Path, capsys) -> None:
    run = ReportFolder(tmp_path, ENVIRONMENT, require_all=False)
    run.add(record(outcome=Outcome.FAIL))
    run.write(complete=True)
    run.close()
    assert main(["report", str(tmp_path)]) == 1
    with pytest.raises(SystemExit):
        main(["report", "--help"])
    assert "exits with 1 where its verdict is fail" in " ".join(capsys.readouterr().out.split())


def test_a_damaged_file_of_layers_is_said_and_costs_nothing_else(tmp_path: Path, capsys) -> None:
    run = ReportFolder(tmp_path, ENVIRONMENT, require_all=False)
    run.add(RECORDS[0])
    run.write(complete=True)
    run.close()
    write_layers(tmp_path, layers())
    (tmp_path / "layers" / "bad.json").write_text("{}")
    assert main(["report", str(tmp_path)]) == 0
    note, verdict, _ = capsys.readouterr().out.splitlines()
    assert note.startswith("layers/bad.json cannot be read (")
    assert verdict == "PASS: 1 pass"
    assert "<h3>m int8</h3>" in (tmp_path / "report.html").read_text()


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path, capsys) -> None:
    assert main(["report", str(tmp_path / "none")]) == 2
    assert "there is no such folder" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_folder_into_which_a_run_writes_is_left_to_it(tmp_path: Path, capsys) -> None:
    run = ReportFolder(tmp_path, ENVIRONMENT, require_all=False)
    assert main(["report", str(tmp_path)]) == 2
    assert "another run writes its report there" in capsys.readouterr().err
    run.close()


def test_what_changed_since_the_base_is_known_from_the_start(tmp_path: Path) -> None:
    changes = Compared(base="origin/main", commit="c" * 40)
    run = ReportFolder(tmp_path, ENVIRONMENT, require_all=False, compare=lambda: changes)
    run.add(RECORDS[0])
    run.close()
    rebuilt = rebuild(tmp_path)
    assert rebuilt.report.compared == changes
    assert rebuilt.notes == ()
    append(tmp_path, record(mode="m", accepted=True).model_dump_json() + "\n")
    (note,) = rebuild(tmp_path).notes
    assert note.endswith("what the run accepted is not in the comparison with the base")


def test_a_report_is_written_anew_with_its_figures_over_runs(tmp_path: Path, capsys) -> None:
    folder, history = tmp_path / "out", tmp_path / "runs.jsonl"
    size = measured(Gate.ARTIFACT, figures={"size_bytes": 10.0})
    for started in ("2026-01-01", "2026-01-02", "2026-01-03"):
        at = ENVIRONMENT.model_copy(update={"started": started})
        run = ReportFolder(folder, at, require_all=False, past=read_history(history).runs)
        run.add(record(measured=size))
        run.write(complete=True)
        run.close()
        if started != "2026-01-03":
            (line,) = past_runs(run.report)
            append_run(history, line)
    shown = (folder / "report.html").read_text()
    for _ in range(2):
        assert main(["report", str(folder), f"--history={history}"]) == 0
        assert f"history: {history}, 3 runs" in capsys.readouterr().out
        assert (folder / "report.html").read_text() == shown
    assert "3 runs, the last to the right" in shown


def ended(folder: Path) -> None:
    """What is left of a run of three gates that passed."""
    run = ReportFolder(folder, ENVIRONMENT, require_all=False)
    run.plan([each.node for each in RECORDS])
    for each in RECORDS:
        run.add(each)
    run.write(complete=True)
    run.close()


@pytest.mark.parametrize("lost", ["record", "records", "failure"])
def test_a_report_that_passed_and_lacks_a_record_is_refused(tmp_path: Path, lost: str) -> None:
    ended(tmp_path)
    assert rebuild(tmp_path).report.verdict is Outcome.PASS
    file = tmp_path / "report.json"
    document = json.loads(file.read_text())
    if lost == "failure":
        failed = RECORDS[0].model_copy(update={"outcome": Outcome.FAIL})
        append(tmp_path, failed.model_dump_json() + "\n")
    else:
        del document["records"][0 if lost == "record" else slice(None)]
    file.write_text(json.dumps(document))
    words = "has no record of" if lost != "failure" else "which failed by records.jsonl beside it"
    with pytest.raises(SuiteError, match=words):
        rebuild(tmp_path)
