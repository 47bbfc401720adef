"""``face-quant-gate explain`` beside a report, which then shows the layers."""

from pathlib import Path

import pytest
from layers import layers
from records import ENVIRONMENT, record

from suite.entry_points.commands import explain
from suite.entry_points.commands.main import main
from suite.report.folder import ReportFolder
from suite.report.history_line import append_run, past_runs
from suite.report.layers import read_layers


@pytest.fixture
def weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Costs of layers that nobody has to measure."""
    monkeypatch.setattr(explain, "layers_of", lambda *_: layers(mode="int8_static_qdq"))


def finished(folder: Path) -> ReportFolder:
    run = ReportFolder(folder, ENVIRONMENT, require_all=False)
    run.add(record(mode="int8_static_qdq"))
    run.write(complete=True)
    return run


@pytest.mark.usefixtures("weighed")
def test_a_report_that_is_there_shows_the_layers_and_is_otherwise_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finished(tmp_path).close()
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert main(["explain", "--model=m", f"--report-dir={tmp_path}"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-2:] == [
        f"{tmp_path}/layers/m.int8_static_qdq.json: written",
        f"{tmp_path}/report.html: written anew, with these layers",
    ]
    after = {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()}
    page = after.pop("report.html")
    assert before.pop("report.html") != page and "<h3>m int8_static_qdq</h3>" in page
    assert after == before
    assert read_layers(tmp_path).found == (layers(mode="int8_static_qdq"),)


@pytest.mark.usefixtures("weighed")
def test_without_a_report_its_file_is_all_that_is_written(tmp_path: Path) -> None:
    assert main(["explain", "--model=m", f"--report-dir={tmp_path / 'new'}"]) == 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["layers"]


@pytest.mark.usefixtures("weighed")
def test_a_report_that_a_run_writes_is_left_to_it_and_shows_the_layers_at_its_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ReportFolder(tmp_path, ENVIRONMENT, require_all=False)
    assert main(["explain", "--model=m", f"--report-dir={tmp_path}"]) == 2
    assert "another run writes its report there" in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()
    run.write(complete=True)
    run.close()
    assert "<h3>m int8_static_qdq</h3>" in (tmp_path / "report.html").read_text()


@pytest.mark.usefixtures("weighed")
def test_the_page_keeps_its_figures_over_runs_where_the_history_is_named(tmp_path: Path) -> None:
    run = finished(tmp_path / "run")
    run.close()
    history = tmp_path / "history.jsonl"
    append_run(history, *past_runs(run.report))
    words = ["explain", "--model=m", f"--report-dir={tmp_path / 'run'}", f"--history={history}"]
    assert main(words) == 0
    assert len(history.read_text().splitlines()) == 1
