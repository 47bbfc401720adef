"""The pytest plugin: options, parametrization, fixtures and the report; it computes nothing.

Nothing heavy is imported until a gate runs, so that collecting is quick and a pytest run that
selects no gates is left alone.
"""

from __future__ import annotations

import shlex
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from suite.errors import SuiteError
from suite.options import add_options, command_line, read_options
from suite.selection import Case, Selection, select

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture
    from syrupy.assertion import SnapshotAssertion

    from suite.gate import Gate
    from suite.latency import Stopwatch
    from suite.report.writing import ReportFolder
    from suite.workbench import Workbench

_GATES = Path(__file__).resolve().parent / "gates"
_FOLDERS = ("--catalog", "--data-dir", "--weights-dir", "--artifact-cache", "--report-dir")
_CASES = ("case", "fp32_case", "quantized_case")
_SELECTION = pytest.StashKey[Selection]()
_REPORT = pytest.StashKey["ReportFolder"]()
_MISTAKE = pytest.StashKey[str]()
_GATED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options, in a group of their own."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker of latency gates; refuse a run whose configuration pytest lost."""
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
    name = next((name for name in _CASES if name in metafunc.fixturenames), None)
    if name is None or not _is_gate(metafunc.definition):
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
            for dataset in selection.evaluation(case.model)
        ],
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a model's gates together, FP32 first, so that each model is held once."""
    if _MISTAKE in config.stash:
        raise pytest.UsageError(config.stash[_MISTAKE])
    # Where no case is selected, pytest makes an item without a parameter.
    items[:] = [item for item in items if not _is_gate(item) or _has_case(item)]
    gates = [item for item in items if _is_gate(item)]
    if not gates:
        return
    config.stash[_GATED] = True
    order = {case.id: index for index, case in enumerate(_selection(config).cases)}
    gates.sort(key=lambda item: order[_case(item).id])
    rest = iter(gates)
    items[:] = [next(rest) if _is_gate(item) else item for item in items]


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
    if _is_gate(item) and call.excinfo is not None:
        _attach_missing(item, call.excinfo)
    report = yield
    if _is_gate(item) and call.excinfo is not None and call.excinfo.errisinstance(SuiteError):
        report.longrepr = f"{call.excinfo.value}\n\nreproduce: {_rerun(item)}"
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Take over the record that a finished gate carries."""
    config = _ACTIVE.get("config")
    records = [value for name, value in report.user_properties if name == "face_quant_record"]
    if config is None or not records or report.when == "teardown":
        return
    from suite.records import Record

    # The controller of an xdist run collects nothing: its first record opens the report.
    folder = config.stash.get(_REPORT, None) or _open_report(config)
    if folder is not None:
        for value in records:
            folder.add(Record.model_validate_json(str(value)))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Remember the configuration: pytest hands none to pytest_runtest_logreport."""
    _ACTIVE["config"] = session.config


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the report; a run in which nothing was gated is no green one."""
    folder = session.config.stash.get(_REPORT, None)
    if folder is None:
        return
    from suite.report.document import is_gated
    from suite.report.proposals import write_proposals

    interrupted = exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
    folder.write(complete=not interrupted)
    write_proposals(folder)
    nothing = not any(is_gated(record) for record in folder.records)
    if nothing and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    required = session.config.getoption("--require-all")
    open_ends = any(record.outcome.fails_when_all_required for record in folder.records)
    if required and open_ends and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the verdict, what was accepted, and where the report is."""
    folder = terminalreporter.config.stash.get(_REPORT, None)
    if folder is None:
        return
    from suite.report.summary import summary_lines

    terminalreporter.write_sep("-", "face-quant-gate")
    for line in summary_lines(folder):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def workbench(request: pytest.FixtureRequest) -> Workbench:
    """Sources, artifacts and embeddings, each made once in the session."""
    from platformdirs import user_cache_path

    from suite.progress import Progress
    from suite.runtime.profile import cpu_profile
    from suite.workbench import Workbench

    config = request.config
    selection = _selection(config)
    cache = config.getoption("--artifact-cache") or user_cache_path("face-quant-gate")
    return Workbench(
        selection.catalog,
        selection.catalog.providers[selection.provider],
        cpu_profile(),
        Path(cache),
        Progress(config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled),
    )


@pytest.fixture
def gate(request: pytest.FixtureRequest, workbench: Workbench, snapshot: SnapshotAssertion) -> Gate:
    """The judge of one gate: it compares, records and asserts."""
    from suite.environment import versions
    from suite.gate import Gate

    return Gate(
        item=request.node,
        case=_case(request.node),
        dataset=_dataset(request.node),
        workbench=workbench,
        snapshot=snapshot,
        versions=versions(),
        rerun=_rerun(request.node),
    )


@pytest.fixture
def stopwatch(workbench: Workbench, benchmark: BenchmarkFixture) -> Stopwatch:
    """Times FP32 and a mode interleaved."""
    from suite.latency import Stopwatch

    return Stopwatch(workbench, benchmark)


_ACTIVE: dict[str, pytest.Config] = {}


def _open_report(config: pytest.Config) -> ReportFolder | None:
    if hasattr(config, "workerinput"):
        return None
    from suite.environment import describe
    from suite.report.writing import ReportFolder

    try:
        config.stash[_REPORT] = ReportFolder(
            config.getoption("--report-dir"),
            describe(_selection(config), command_line(config)),
            require_all=config.getoption("--require-all"),
        )
    except SuiteError as error:
        raise pytest.UsageError(str(error)) from None
    return config.stash[_REPORT]


def _selection(config: pytest.Config) -> Selection:
    if _SELECTION not in config.stash:
        config.stash[_SELECTION] = select(read_options(config))
    return config.stash[_SELECTION]


def _is_gate(item: Any) -> bool:
    path = getattr(item, "path", None)
    return path is not None and Path(path).parent == _GATES


def _wanted(name: str, case: Case) -> bool:
    return name == "case" or case.mode.is_reference == (name == "fp32_case")


def _skip(case: Case) -> tuple[pytest.MarkDecorator, ...]:
    return (pytest.mark.skip(reason=case.skip),) if case.skip else ()


def _parameters(item: pytest.Item) -> dict[str, Any]:
    return dict(getattr(item, "callspec").params)  # noqa: B009


def _case(item: pytest.Item) -> Case:
    parameters = _parameters(item)
    case: Case = next(parameters[name] for name in _CASES if name in parameters)
    return case


def _has_case(item: pytest.Item) -> bool:
    return any(isinstance(value, Case) for value in _parameters(item).values())


def _dataset(item: pytest.Item) -> str | None:
    return _parameters(item).get("dataset")


def _rerun(item: pytest.Item) -> str:
    config, case = item.config, _case(item)
    words = ["pytest"]
    if config.option.pyargs:
        words += ["--pyargs", "suite.gates"]
    for option in ("--catalog", "--data-dir", "--weights-dir"):
        if config.getoption(option):
            words.append(f"{option}={config.getoption(option)}")
    if config.getoption("--provider") != "cpu":
        words.append(f"--provider={config.getoption('--provider')}")
    words += [f"--models={case.model.id}", f"--modes={case.mode.id}"]
    dataset = _dataset(item)
    if dataset:
        words.append(f"--datasets={dataset}")
    return shlex.join([*words, "-k", str(getattr(item, "originalname", item.name))])


def _attach_missing(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    from suite.gate import RECORD, attach, gate_name
    from suite.records import Outcome, Record

    if any(name == RECORD for name, _ in item.user_properties):
        return
    if excinfo.errisinstance((KeyboardInterrupt, pytest.exit.Exception)):
        return
    skipped = excinfo.errisinstance(pytest.skip.Exception)
    case = _case(item)
    if skipped:
        headline = case.skip or str(excinfo.value)
    elif excinfo.errisinstance(SuiteError):
        headline = str(excinfo.value)
    else:
        headline = f"the gate broke: {excinfo.exconly()}"
    record = Record(
        gate=gate_name(item),
        node=item.nodeid,
        model=case.model.id,
        family=case.model.family,
        mode=case.mode.id,
        dataset=_dataset(item),
        provider=_selection(item.config).provider,
        profile="",
        outcome=Outcome.SKIPPED if skipped else Outcome.FAIL,
        headline=headline.strip(),
        rerun=_rerun(item),
        fails_fp32_policy=not skipped,
    )
    attach(item, record)
