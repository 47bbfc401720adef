"""A job beside other plugins: verdict, exit status and records are those without.

``tox -e plugins`` has them all; elsewhere these tests are skipped by the names of those that lack.
"""

import importlib.util
import os
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from forked import fork_pytest
from team import ENVIRONMENT, MODEL, ROOT, SOME_PAIRS, Team, copy_catalog

# What a job needs, and no other plugin that is installed.
OURS = ("syrupy", "benchmark", "xdist", "face_quant_gate.plugin")
JOB = ("--pyargs", "suite.gates", "--catalog=.", "-k", "not throughput")
GATES = 12


@dataclass(frozen=True)
class Other:
    """A plugin: the modules that it loads, and the options that put it to work."""

    modules: tuple[str, ...]
    options: tuple[str, ...] = ()


OTHERS = {
    "randomly": Other(("pytest_randomly",)),
    "rerunfailures": Other(("pytest_rerunfailures",), ("--reruns=2",)),
    "retry": Other(("pytest_retry.retry_plugin",), ("--retries=2",)),
    "flaky": Other(("flaky.flaky_pytest_plugin",), ("--force-flaky", "--max-runs=3")),
    "timeout": Other(("pytest_timeout",), ("--timeout=600",)),
    "testmon": Other(("testmon.pytest_testmon",), ("--testmon",)),
    "split": Other(("pytest_split.plugin",), ("--splits=1", "--group=1")),
    "cov": Other(("pytest_cov.plugin",), ("--cov=suite.judging", "--cov-report=")),
    "html": Other(
        ("pytest_metadata.plugin", "pytest_html.plugin", "pytest_html.fixtures"),
        ("--html=report.html",),
    ),
    "codspeed": Other(("pytest_codspeed.plugin",)),
}
RETRYING = ("rerunfailures", "retry", "flaky")
packages = {name.partition(".")[0] for each in OTHERS.values() for name in each.modules}
absent = sorted(name for name in packages if importlib.util.find_spec(name) is None)
pytestmark = pytest.mark.skipif(
    bool(absent), reason=f"tox -e plugins has them: {', '.join(absent)} are not installed"
)


@dataclass
class Job:
    """A team's job, run beside one plugin alone."""

    team: Team

    def run(self, name: str | None = None, *options: str) -> tuple[int, str]:
        """Exit status and output."""
        each = OTHERS[name] if name else Other(())
        plugins = [word for module in (*OURS, *each.modules) for word in ("-p", module)]
        alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(self.team.folder)}
        result = fork_pytest(
            *(*plugins, *JOB, f"--artifact-cache={self.team.cache}", "--junitxml=junit.xml"),
            *(*each.options, *options),
            folder=self.team.folder,
            environment=os.environ | ENVIRONMENT | alone,
        )
        return result.returncode, result.stdout

    @property
    def concluded(self) -> dict[str, tuple]:
        """What each gate concluded, and its figures but for those of speed."""
        return {
            r["node"].rpartition("::")[2]: (
                *(r["outcome"], r["headline"]),
                None if r["gate"] == "latency" else r["measured"]["figures"],
            )
            for r in self.team.report["records"]
        }

    @property
    def cases(self) -> list[str]:
        """The test cases of its JUnit XML."""
        root = ET.parse(self.team.folder / "junit.xml").getroot()
        return sorted(str(case.get("name")) for case in root.iter("testcase"))

    @property
    def kept(self) -> int:
        """The lines of its records."""
        file = self.team.folder / "face-quant-report" / "records.jsonl"
        return len(file.read_text().splitlines())


def turn(team: Team) -> None:
    team.edit(team.card(), '"RGB"', '"BGR"')


@pytest.fixture(scope="module")
def accepted_slice(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Team:
    """One embedded model in two modes, accepted."""
    team = Team(tmp_path_factory.mktemp("slice") / "team", cache)
    copy_catalog(team.folder, MODEL, pairs=SOME_PAIRS)
    (team.folder / "modes").mkdir()
    (team.folder / "modes" / "static.toml").write_text('id = "int8_static_qdq"\n')
    status, said = Job(team).run(None, "-m", "not latency", "--snapshot-update")
    assert status == 0, said
    return team


@pytest.fixture
def job(accepted_slice: Team, tmp_path: Path) -> Job:
    """The job of the slice, in a folder of the test's own."""
    shutil.copytree(accepted_slice.folder, tmp_path / "team")
    shutil.rmtree(tmp_path / "team" / "face-quant-report")
    return Job(Team(tmp_path / "team", accepted_slice.cache))


@pytest.fixture(scope="module")
def alone(
    accepted_slice: Team, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[bool], tuple]:
    """What the job concludes beside no other plugin, its card right or turned."""
    found = {}
    for turned in (False, True):
        folder = tmp_path_factory.mktemp("alone") / "team"
        shutil.copytree(accepted_slice.folder, folder)
        job = Job(Team(folder, accepted_slice.cache))
        if turned:
            turn(job.team)
        status, said = job.run()
        assert status == int(turned), said
        found[turned] = (status, job.team.report["verdict"], job.concluded)
    return found.__getitem__


@pytest.mark.parametrize("turned", [False, True], ids=["green", "BGR"])
@pytest.mark.parametrize("name", OTHERS)
def test_beside_another_plugin_all_is_as_without(
    job: Job, alone: Callable[[bool], tuple], name: str, turned: bool
) -> None:
    if turned:
        turn(job.team)
    status, said = job.run(name)
    assert (status, job.team.report["verdict"], job.concluded) == alone(turned), said
    assert sorted(job.concluded) == job.cases
    assert len(job.cases) == job.kept == GATES


def plugin(job: Job, text: str) -> tuple[str, str]:
    (job.team.folder / "other_plugin.py").write_text(f"import pytest\n{text}")
    return "-p", "other_plugin"


SLOW_FIRST = """
import time

@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items[0].add_marker(pytest.mark.timeout(0.5, method="METHOD"))

@pytest.fixture(autouse=True)
def slow(request, monkeypatch):
    from suite.gates.check import GateCheck
    if request.node.get_closest_marker("timeout"):
        monkeypatch.setattr(GateCheck, "measure", lambda self: time.sleep(60))
"""


def test_a_timeout_in_the_first_gate_costs_that_gate_alone(
    job: Job, alone: Callable[[bool], tuple]
) -> None:
    slow = plugin(job, SLOW_FIRST.replace("METHOD", "signal"))
    status, said = job.run("timeout", *slow)
    assert status == 1, said
    expected = alone(False)[2]
    first, *rest = expected
    outcome, headline = (job.team.report["records"][0][key] for key in ("outcome", "headline"))
    assert (outcome, "Timeout" in headline) == ("fail", True)
    others = {r["node"].rpartition("::")[2]: r["outcome"] for r in job.team.report["records"][1:]}
    assert others == {name: expected[name][0] for name in rest}
    assert first == job.team.report["records"][0]["node"].rpartition("::")[2]


def test_a_timeout_that_ends_the_process_leaves_a_run_that_did_not_end(job: Job) -> None:
    slow = plugin(job, SLOW_FIRST.replace("METHOD", "thread"))
    status, said = job.run("timeout", *slow)
    assert status == 1, said
    assert "the run did not end" in job.team.report["summary"]


SHAKEN = """
failures = []

@pytest.fixture(autouse=True)
def shaken(request, monkeypatch):
    from suite.gates.check import GateCheck
    from suite.judging.judgement import Judgement
    from suite.judging.outcome import Outcome

    def fails(self, measured):
        self._conclude(Judgement(Outcome.FAIL, "too slow"), measured)

    if "test_latency" in request.node.name and len(failures) < 2:
        failures.append(1)
        monkeypatch.setattr(GateCheck, "check", fails)
"""


@pytest.mark.parametrize("name", RETRYING)
def test_a_latency_gate_has_no_three_throws_unseen(job: Job, name: str) -> None:
    options = ("--modes=int8_dynamic", "-k", "latency and not throughput or artifact")
    status, said = job.run(name, *plugin(job, SHAKEN), *options)
    assert status == 0, said
    record = next(r for r in job.team.report["records"] if r["gate"] == "latency")
    assert (record["attempts"], record["load"]) == (3, "latency")
    assert {"an earlier attempt: fail: too slow"} < set(record["notes"])
    assert f"latency {MODEL} int8_dynamic (latency): " in said
    assert "at the third attempt; an earlier attempt: fail: too slow" in said
    assert "1 after several attempts" in job.team.report["summary"]
    assert len(job.cases) == job.kept == 2


def test_testmon_sees_no_card_and_makes_no_run_green(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a clone: what it knows of lies below the root folder.
    # With -k it only watches.
    options = ("-k", "", f"--rootdir={ROOT}")
    monkeypatch.setenv("TESTMON_DATAFILE", str(job.team.folder / "testmon"))
    assert job.run("testmon", *options)[0] == 0
    turn(job.team)
    status, said = job.run("testmon", *options)
    assert status == 1, said
    assert "NOTHING WAS GATED" in said
    assert job.team.report["verdict"] == "fail"


def test_a_part_of_split_is_refused_where_all_is_required(job: Job) -> None:
    status, said = job.run("split", "--splits=2", "--group=2", "--require-all")
    assert status == 1
    assert "--require-all: gates were left out" in said
    assert job.run("split", "--splits=2", "--group=2")[0] == 0
    assert "; left out: " in job.team.report["summary"]


def test_benchmarks_of_codspeed_defer_latency(job: Job) -> None:
    status, said = job.run("codspeed", "--codspeed")
    assert status == 1, said
    assert "NOTHING WAS GATED" in said
    outcomes = {r["outcome"] for r in job.team.report["records"]}
    assert outcomes == {"deferred"}
    assert "AttributeError" not in said


def test_coverage_below_what_is_asked_is_in_the_report(job: Job) -> None:
    status, said = job.run("cov", "--cov-fail-under=100")
    assert (status, job.team.report["verdict"]) == (1, "fail"), said
    assert job.team.report["outside"]
