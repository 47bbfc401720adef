"""A run's last acts: proposals, the verdict, and a report folder that is free again."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from records import ENVIRONMENT, measured, record

from suite.catalog.gate import Gate
from suite.entry_points.plugin.run import GateRun
from suite.report.files import FILES
from suite.report.folder import PROPOSED, ReportFolder

BASELINE = "cpu/m/fp32.json"


@pytest.fixture
def run(tmp_path: Path) -> GateRun:
    """A run that has measured what it proposes to accept."""
    made = GateRun(SimpleNamespace(pluginmanager=pytest.PytestPluginManager()))
    made.report = ReportFolder(tmp_path, ENVIRONMENT, require_all=False)
    figures = {"size_bytes": 10.0}
    sized = measured(Gate.ARTIFACT, figures=figures)
    made.report.add(record(measured=sized, baseline=BASELINE))
    return made


def end(run: GateRun, status: pytest.ExitCode = pytest.ExitCode.OK) -> dict:
    hook = run.pytest_sessionfinish(SimpleNamespace(exitstatus=status))
    try:
        list(hook)
    finally:
        run.close()
    return json.loads((run.report.folder / "report.json").read_text())


def test_a_run_that_ends_proposes_and_concludes(run: GateRun) -> None:
    assert end(run)["summary"] == "1 pass"
    assert (run.report.folder / PROPOSED / BASELINE).is_file()
    left = sorted(path.name for path in run.report.folder.iterdir())
    assert left == sorted([PROPOSED, "records.jsonl", "report.json", *FILES])


def test_an_interrupted_run_proposes_nothing(run: GateRun) -> None:
    report = end(run, pytest.ExitCode.INTERRUPTED)
    assert (report["complete"], report["verdict"]) == (False, "fail")
    assert not (run.report.folder / PROPOSED).exists()
    assert not (run.report.folder / ".lock").exists()


def test_what_cannot_be_proposed_leaves_no_verdict(run: GateRun) -> None:
    (run.report.folder / PROPOSED).write_text("a file in the folder's place")
    with pytest.raises(pytest.exit.Exception, match="cannot write the baseline"):
        end(run)
    report = json.loads((run.report.folder / "report.json").read_text())
    assert (report["complete"], report["verdict"]) == (False, "fail")
