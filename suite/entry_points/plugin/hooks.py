"""The pytest plugin: options, parametrization, fixtures and the report; it computes nothing.

Nothing heavy is imported until a gate runs, so that collecting is quick and a pytest run that
selects no gates is left alone.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from suite.catalog.case import Case
from suite.catalog.errors import SuiteError
from suite.catalog.selection import Selection, select
from suite.entry_points.plugin.items import (
    CASES,
    case_of,
    dataset_of,
    gate_of,
    has_case,
    is_gate,
    may_gate,
    rerun_of,
)
from suite.entry_points.plugin.options import add_options, command_line, read_options

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture
    from syrupy.assertion import SnapshotAssertion

    from suite.gates.case_work import CaseWork
    from suite.gates.check import GateCheck
    from suite.gates.latency import Stopwatch
    from suite.gates.workbench import Workbench
    from suite.report.folder import ReportFolder


_FOLDERS = ("--catalog", "--data-dir", "--weights-dir", "--artifact-cache", "--report-dir")
_SELECTION = pytest.StashKey[Selection]()
_REPORT = pytest.StashKey["ReportFolder"]()
_MISTAKE = pytest.StashKey[str]()
_GATED = pytest.StashKey[bool]()
_PLANNED = pytest.StashKey[Sequence[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options, in a group of their own."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker of latency gates; refuse a run whose configuration pytest lost."""
    parallel = config.getoption("dist", "no") != "no" or hasattr(config, "workerinput")
    if parallel and may_gate(config):
        # pytest-benchmark would say so in a warning of its own; the report says "deferred".
        config.option.benchmark_disable = True
    if not config.pluginmanager.hasplugin("benchmark"):
        config.pluginmanager.register(_NoBenchmark())
    config.addinivalue_line("markers", "latency: gates that time; not run under xdist")
    # pytest looks for its configuration before it knows a plugin's options, and takes the DIR of
    # "--data-dir DIR" for a test folder: without an ini file it would collect everything here.
    given = [option for option in _FOLDERS if option in config.invocation_params.args]
    adrift = config.args_source is pytest.Config.ArgsSource.INVOCATION_DIR
    if given and adrift and config.inipath is None:
        raise pytest.UsageError(
            f"write {given[0]}=DIR with an equals sign: pytest takes a DIR after a space for its "
            "root folder."
        )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each model × mode (× dataset) that is selected."""
    name = next((name for name in CASES if name in metafunc.fixturenames), None)
    if name is None or not is_gate(metafunc.definition):
        return
    try:
        selection = _selection(metafunc.config)
    except SuiteError as error:
        # Raised here it would be an error of each file; pytest_collection_modifyitems raises it.
        metafunc.config.stash[_MISTAKE] = str(error)
        return
    cases = [case for case in selection.cases if _wanted(name, case)]
    if "dataset" not in metafunc.fixturenames:
        metafunc.parametrize(name, [pytest.param(c, id=c.id, marks=_skip(c)) for c in cases])
        return
    metafunc.parametrize(
        (name, "dataset"),
        [
            pytest.param(case, dataset, id=f"{case.id}-{dataset}", marks=_skip(case))
            for case in cases
            for dataset in case.model.evaluation
        ],
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a model's gates together, FP32 first, so that each model is held once."""
    if _MISTAKE in config.stash:
        raise pytest.UsageError(config.stash[_MISTAKE])
    gating = any(is_gate(item) for item in items)
    if (
        gating
        and config.getoption("update_snapshots", False)
        and _selection(config).catalog.is_installed
    ):
        raise pytest.UsageError(
            "--snapshot-update would accept into the installed package; copy the cards into a "
            "catalog of your own (face-quant-gate copy) and accept there with --catalog."
        )
    # Where no case is selected, pytest makes an item without a parameter.
    items[:] = [item for item in items if not is_gate(item) or has_case(item)]
    gates = [item for item in items if is_gate(item)]
    if not gates:
        return
    config.stash[_GATED] = True
    order = {case.id: index for index, case in enumerate(_selection(config).cases)}
    gates.sort(key=lambda item: order[case_of(item).id])
    rest = iter(gates)
    items[:] = [next(rest) if is_gate(item) else item for item in items]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which gates are to run, for the report to miss those that do not."""
    session.config.stash[_PLANNED] = tuple(item.nodeid for item in session.items if is_gate(item))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """The controller of an xdist run collects nothing: its workers say what is to run."""
    config: pytest.Config = node.config
    if _PLANNED in config.stash or not may_gate(config):
        return
    from suite.entry_points.plugin.xdist import case_in

    gates = [nodeid for nodeid in ids if case_in(nodeid, _selection(config))]
    if gates:
        config.stash[_PLANNED] = gates
        try:
            _open_report(config)
        except pytest.UsageError as error:
            raise pytest.exit.Exception(str(error), pytest.ExitCode.USAGE_ERROR) from None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep each model on one worker, unless another distribution was asked for."""
    if config.getoption("dist") != "load" or not may_gate(config):
        return None
    from suite.entry_points.plugin.xdist import scheduler_by_model

    try:
        return scheduler_by_model(config, log, tuple(_selection(config).catalog.models))
    except SuiteError:
        return None  # the workers say what is wrong with the catalog


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Open the report before the first gate runs, so that a wrong folder is said at once."""
    config = session.config
    if config.stash.get(_GATED, False) and not config.option.collectonly:
        _open_report(config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give every gate that ended without a record one, and the user's mistakes one sentence."""
    if is_gate(item) and call.excinfo is not None:
        from suite.entry_points.plugin.missing_records import attach_missing

        attach_missing(item, call.excinfo)
    report = yield
    if is_gate(item) and call.excinfo is not None and call.excinfo.errisinstance(SuiteError):
        report.longrepr = f"{call.excinfo.value}\n\nreproduce: {rerun_of(item)}"
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Take over the record that a finished gate carries."""
    config = _ACTIVE.get("config")
    folder = config.stash.get(_REPORT, None) if config else None
    if config is None or folder is None or report.when == "teardown":
        return
    from suite.judging.record import Record

    values = [value for name, value in report.user_properties if name == "face_quant_record"]
    try:
        for value in values:
            folder.add(Record.model_validate_json(str(value)))
        if report.failed and not values:
            from suite.entry_points.plugin.missing_records import lost_record

            lost = lost_record(config, _selection(config), report)
            if lost:
                folder.add(lost, worker_died=True)
    except SuiteError as error:
        # No traceback, and no further gate: what is measured from here on could not be kept.
        config.stash[_MISTAKE] = str(error)
        raise pytest.exit.Exception(str(error), returncode=pytest.ExitCode.USAGE_ERROR) from None


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Remember the configuration: pytest hands none to pytest_runtest_logreport."""
    _ACTIVE["config"] = session.config


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the report; a run in which nothing was gated is no green one."""
    folder = session.config.stash.get(_REPORT, None)
    if folder is None or _MISTAKE in session.config.stash:
        return
    from suite.judging.baselines.proposals import write_proposals
    from suite.judging.outcome import Outcome
    from suite.report.folder import PROPOSED
    from suite.runtime.versions import versions

    interrupted = exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
    try:
        verdict = folder.write(complete=not interrupted)
        write_proposals(folder.folder / PROPOSED, folder.records, versions())
    except SuiteError as error:
        raise pytest.exit.Exception(str(error), returncode=pytest.ExitCode.USAGE_ERROR) from None
    green = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    if green and verdict is Outcome.FAIL:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the verdict, what was accepted, and where the report is."""
    folder = terminalreporter.config.stash.get(_REPORT, None)
    if folder is None:
        return
    from suite.report.terminal import summary_lines

    terminalreporter.write_sep("-", "face-quant-gate")
    for line in summary_lines(folder):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def workbench(request: pytest.FixtureRequest) -> Workbench:
    """Sources, artifacts and embeddings, each made once in the session."""
    from platformdirs import user_cache_path

    from suite.entry_points.plugin.xdist import threads_a_worker
    from suite.gates.progress import Progress
    from suite.gates.workbench import Workbench
    from suite.runtime.profile import chosen_profile

    config = request.config
    selection = _selection(config)
    cache = config.getoption("--artifact-cache") or user_cache_path("face-quant-gate")
    provider = selection.catalog.providers[selection.provider]
    return Workbench(
        selection.catalog,
        provider,
        threads_a_worker(config, provider.threads.embedding),
        chosen_profile(config.getoption("--profile"), provider),
        Path(cache),
        Progress(config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled),
    )


@pytest.fixture
def work(request: pytest.FixtureRequest, workbench: Workbench) -> CaseWork:
    """The work on the gate's case, which its gates share."""
    case = case_of(request.node)
    return workbench.case(case.model, case.mode)


@pytest.fixture
def gate(request: pytest.FixtureRequest, work: CaseWork, snapshot: SnapshotAssertion) -> GateCheck:
    """The judge of one gate: it compares, records and asserts."""
    from suite.gates.check import GateCheck

    return GateCheck(
        item=request.node,
        gate=gate_of(request.node),
        case=case_of(request.node),
        dataset=dataset_of(request.node),
        work=work,
        snapshot=snapshot,
        rerun=rerun_of(request.node),
        require_all=request.config.getoption("--require-all"),
    )


class _NoBenchmark:
    """Stands in for pytest-benchmark where it is switched off, so that latency is deferred."""

    @pytest.fixture
    def benchmark(self) -> None:
        """Nothing to time with."""


@pytest.fixture
def stopwatch(work: CaseWork, benchmark: BenchmarkFixture | None) -> Stopwatch:
    """Times FP32 and a mode interleaved."""
    from suite.gates.latency import Stopwatch

    return Stopwatch(work, benchmark)


_ACTIVE: dict[str, pytest.Config] = {}


def _open_report(config: pytest.Config) -> ReportFolder | None:
    if hasattr(config, "workerinput"):
        return None
    from suite.entry_points.plugin.environment import describe
    from suite.entry_points.plugin.xdist import workers
    from suite.report.folder import ReportFolder
    from suite.runtime.profile import chosen_profile
    from suite.runtime.providers import require_provider

    try:
        selection = _selection(config)
        provider = selection.catalog.providers[selection.provider]
        require_provider(provider)
        profile = chosen_profile(config.getoption("--profile"), provider)
        config.stash[_REPORT] = ReportFolder(
            config.getoption("--report-dir"),
            describe(selection, command_line(config), profile, workers(config)),
            require_all=config.getoption("--require-all"),
            append=config.getoption("--report-append"),
        )
        planned = config.stash[_PLANNED]
        config.stash[_REPORT].plan(planned)
    except SuiteError as error:
        raise pytest.UsageError(str(error)) from None
    return config.stash[_REPORT]


def _selection(config: pytest.Config) -> Selection:
    if _SELECTION not in config.stash:
        config.stash[_SELECTION] = select(read_options(config))
    return config.stash[_SELECTION]


def _wanted(name: str, case: Case) -> bool:
    return name == "case" or case.mode.is_fp32 == (name == "fp32_case")


def _skip(case: Case) -> tuple[pytest.MarkDecorator, ...]:
    reason = case.skip or case.not_applicable
    return (pytest.mark.skip(reason=reason),) if reason else ()
