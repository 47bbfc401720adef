"""Report and exit status never disagree, whatever other plugins do."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from records import ENVIRONMENT, record
from team import Team

from suite.catalog.gate import Gate
from suite.entry_points.plugin.ending import failure_outside, settle, write_verdict
from suite.judging.outcome import Outcome
from suite.report.folder import ReportFolder

ONE = ("--models=small", "--modes=fp32", "-k", "artifact")


def kept(tmp_path: Path, *records) -> ReportFolder:
    folder = ReportFolder(tmp_path, ENVIRONMENT, require_all=False)
    for each in records:
        folder.add(each)
    return folder


def reported(outcome: str = "failed", when: str = "call", said: str = "E\nit broke"):
    return SimpleNamespace(nodeid="t.py::t", failed=outcome == "failed", when=when, longrepr=said)


@pytest.mark.parametrize(
    ("outcome", "status", "settled", "verdict"),
    [
        (Outcome.PASS, 0, 0, Outcome.PASS),
        (Outcome.FAIL, 1, 1, Outcome.FAIL),
        (Outcome.FAIL, 0, 1, Outcome.FAIL),
        (Outcome.FAIL, 5, 1, Outcome.FAIL),
        (Outcome.PASS, 1, 1, Outcome.FAIL),
        (Outcome.PASS, 5, 1, Outcome.FAIL),
        (Outcome.PASS, 2, 2, Outcome.FAIL),
        (Outcome.FAIL, 3, 3, Outcome.FAIL),
    ],
)
def test_the_verdict_and_the_status_agree(tmp_path, outcome, status, settled, verdict) -> None:
    folder = kept(tmp_path, record(outcome=outcome))
    assert write_verdict(folder, status) == settled
    assert folder.report.verdict is verdict
    assert folder.report.complete is (status not in (2, 3))


@pytest.mark.parametrize(
    ("outcome", "status", "settled"),
    [(Outcome.PASS, 0, 0), (Outcome.FAIL, 0, 1), (Outcome.PASS, 1, 1), (Outcome.FAIL, 4, 4)],
)
def test_what_changes_after_the_verdict_is_settled(tmp_path, outcome, status, settled) -> None:
    folder = kept(tmp_path, record(outcome=outcome))
    folder.write(complete=True)
    assert settle(folder, status) == settled
    assert (folder.report.verdict is Outcome.FAIL) is (settled != 0)


def test_a_status_that_no_gate_explains_is_said(tmp_path: Path) -> None:
    folder = kept(tmp_path, record())
    write_verdict(folder, 1)
    assert folder.report.outside == ("pytest ended with exit status 1, for what is no gate's",)
    assert "something failed outside the gates" in folder.report.summary


def test_a_failure_is_outside_where_no_record_says_it() -> None:
    failed = record(outcome=Outcome.FAIL)
    open_ = record(Gate.FIDELITY, Outcome.UNDECIDED)
    outside = failure_outside
    assert outside(reported("passed"), None, strict=False) is None
    assert outside(reported(), failed, strict=False) is None
    assert outside(reported(), open_, strict=True) is None
    assert outside(reported(), open_, strict=False) == "t.py::t: it broke"
    assert outside(reported(), None, strict=False) == "t.py::t: it broke"
    said = outside(reported(when="teardown"), failed, strict=False)
    assert said == "t.py::t (teardown): it broke"


def plugin(team: Team, text: str) -> tuple[str, str]:
    (team.folder / "other_plugin.py").write_text(f"import pytest\n{text}")
    return "-p", "other_plugin"


def test_a_plugin_that_makes_it_green_does_not(made: Team) -> None:
    green = plugin(
        made,
        "@pytest.hookimpl(trylast=True)\n"
        "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n",
    )
    result = made.gates("-k", "no_such_gate", *green)
    assert result.returncode == 1, result.stdout
    assert "NOTHING WAS GATED" in result.stdout


def test_a_plugin_that_keeps_every_gate_from_being_collected_does_not(made: Team) -> None:
    green = plugin(
        made,
        "def pytest_ignore_collect(collection_path):\n"
        "    return True if collection_path.name.startswith('test_') else None\n"
        "@pytest.hookimpl(trylast=True)\n"
        "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n",
    )
    result = made.run(*green)
    assert result.returncode == 1, result.stdout
    assert "NOTHING WAS GATED" in result.stdout
    assert made.report["verdict"] == "fail"


def test_a_plugin_that_runs_nothing_does_not(made: Team) -> None:
    idle = plugin(
        made, "@pytest.hookimpl(tryfirst=True)\ndef pytest_runtestloop():\n    return True\n"
    )
    result = made.gates(*ONE, *idle)
    assert result.returncode == 1, result.stdout
    assert "not run: " in result.stdout


def test_a_plugin_that_runs_gates_in_processes_of_their_own_loses_no_record(made: Team) -> None:
    forked = plugin(
        made,
        "import pickle, os\n"
        "from _pytest.runner import runtestprotocol\n"
        "@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    read, write = os.pipe()\n"
        "    if not os.fork():\n"
        "        reports = runtestprotocol(item, nextitem=nextitem, log=False)\n"
        "        said = [item.config.hook.pytest_report_to_serializable(\n"
        "            config=item.config, report=report) for report in reports]\n"
        "        os.write(write, pickle.dumps(said))\n"
        "        os._exit(0)\n"
        "    os.close(write)\n"
        "    with open(read, 'rb') as stream:\n"
        "        for data in pickle.loads(stream.read()):\n"
        "            report = item.config.hook.pytest_report_from_serializable(\n"
        "                config=item.config, data=data)\n"
        "            item.ihook.pytest_runtest_logreport(report=report)\n"
        "    return True\n",
    )
    result = made.gates(*ONE, *forked)
    assert result.returncode == 0, result.stdout
    assert made.report["summary"].startswith("1 pass; ")


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "side by side"])
def test_a_teardown_that_fails_is_in_the_report(made: Team, workers: tuple[str, ...]) -> None:
    broken = plugin(made, "def pytest_runtest_teardown(item):\n    raise OSError('no more')\n")
    result = made.gates(*ONE, *broken, *workers)
    assert result.returncode == 1, result.stdout
    (said,) = made.report["outside"]
    assert "test_artifact[small-fp32] (teardown): " in said
    assert "no more" in said
    assert made.report["verdict"] == "fail"
    assert "failed outside the gates: " in result.stdout
    assert "- Failed outside the gates: " in made.markdown


def test_another_test_that_fails_is_in_the_report(made: Team) -> None:
    (made.folder / "test_more.py").write_text("def test_artifact_more():\n    assert 1 == 2\n")
    result = made.gates(*ONE, "test_more.py")
    assert result.returncode == 1
    assert made.report["outside"] == ["test_more.py::test_artifact_more: assert 1 == 2"]


def test_what_fails_after_the_verdict_makes_the_report_red(made: Team) -> None:
    late = plugin(
        made,
        "@pytest.hookimpl(wrapper=True, tryfirst=True)\n"
        "def pytest_sessionfinish(session):\n    yield\n    session.exitstatus = 1\n",
    )
    result = made.gates(*ONE, *late)
    assert result.returncode == 1
    assert made.report["verdict"] == "fail"
    assert "FAIL: something failed outside the gates" in result.stdout


def test_a_plugin_that_breaks_pytest_leaves_no_green_report(made: Team) -> None:
    late = plugin(made, "def pytest_unconfigure():\n    raise ValueError('too late')\n")
    result = made.gates(*ONE, *late)
    assert result.returncode != 0
    assert (made.report["verdict"], made.report["complete"]) == ("fail", False)


def test_coverage_that_falls_short_is_in_the_report(made: Team) -> None:
    cov = ("--cov=other_plugin", "--cov-fail-under=99", "--cov-report=")
    plugin(made, "")
    result = made.gates(*ONE, *cov)
    assert result.returncode == 1, result.stdout
    assert made.report["verdict"] == "fail"
    (said,) = made.report["outside"]
    assert re.fullmatch(r"coverage is \d+\.\d\d %, and --cov-fail-under asks for 99 %", said)


RETRYING = """
from _pytest.runner import runtestprotocol

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    for attempt in range(3):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        retried = attempt < 2 and any(report.failed for report in reports)
        for report in reports:
            if retried and report.failed:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
        if not retried:
            return True

failures = []

@pytest.fixture(autouse=True)
def shaken(monkeypatch):
    from suite.gates.check import GateCheck
    if len(failures) < HOW_OFTEN:
        failures.append(1)
        def shaky(self, measured):
            from suite.judging.judgement import Judgement
            from suite.judging.outcome import Outcome
            self._conclude(Judgement(Outcome.FAIL, f"shaken {len(failures)}"), measured)
        monkeypatch.setattr(GateCheck, "check", shaky)
"""


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "side by side"])
def test_several_attempts_are_one_record_that_says_so(made: Team, workers) -> None:
    retrying = plugin(made, RETRYING.replace("HOW_OFTEN", "2"))
    result = made.gates(*ONE, *retrying, "--junitxml=junit.xml", *workers)
    assert result.returncode == 0, result.stdout
    (kept_record,) = made.report["records"]
    assert (kept_record["outcome"], kept_record["attempts"]) == ("pass", 3)
    assert "passed at the third attempt" in kept_record["notes"]
    assert "an earlier attempt: fail: shaken 1" in kept_record["notes"]
    assert len((made.folder / "face-quant-report" / "records.jsonl").read_text().splitlines()) == 1
    assert (made.folder / "junit.xml").read_text().count("<testcase") == 1
    assert "artifact small fp32: passed at the third attempt" in result.stdout
    assert "1 pass, 1 after several attempts" in made.report["summary"]


def test_what_fails_at_every_attempt_fails(made: Team) -> None:
    retrying = plugin(made, RETRYING.replace("HOW_OFTEN", "9"))
    result = made.gates(*ONE, *retrying)
    assert result.returncode == 1
    assert "failed at the third attempt" in made.report["records"][0]["notes"]
