"""One pytest run, from its options to its report."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from suite.catalog.case import Case
from suite.catalog.errors import SuiteError, refusals_said
from suite.catalog.provider_card import ProviderCard
from suite.catalog.selection import Options, Selection, select
from suite.entry_points.plugin.invocation import Invocation, invocation_of
from suite.entry_points.plugin.items import (
    CASES,
    case_of,
    dataset_of,
    function_of,
    has_case,
    is_gate,
    may_gate,
)
from suite.entry_points.requirements import require_onnxruntime

if TYPE_CHECKING:
    from suite.report.folder import ReportFolder


class GateRun:
    """What a run gates and has measured; a plugin, so that pytest calls it at each stage.

    Attributes
    ----------
    config : pytest's
    has_gates : whether gates were collected, those included that ``-k`` took away
    planned : the node ids of the gates that are to run; None until that is known
    report : what was measured; None until the first gate is about to run
    is_given_up : whether the report could not be kept
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.has_gates = False
        self.planned: Sequence[str] | None = None
        self.report: ReportFolder | None = None
        self.is_given_up = False

    @staticmethod
    def start(config: pytest.Config) -> None:
        """Make the run of this configuration."""
        config.stash[_RUN] = GateRun(config)
        config.pluginmanager.register(config.stash[_RUN])

    @staticmethod
    def of(config: pytest.Config) -> GateRun:
        """The run of a configuration."""
        return config.stash[_RUN]

    @cached_property
    def invocation(self) -> Invocation:
        """How it was started."""
        return invocation_of(self.config)

    @property
    def options(self) -> Options:
        """The suite's options as given."""
        return self.invocation.options

    @cached_property
    def selection(self) -> Selection:
        """The catalog and the cases."""
        return select(self.options)

    @property
    def provider(self) -> ProviderCard:
        """The card of the execution provider."""
        return self.selection.catalog.providers[self.selection.provider]

    @cached_property
    def profile(self) -> str:
        """The profile whose baselines are compared with."""
        from suite.runtime.profile import chosen_profile

        return chosen_profile(self.options.profile, self.provider)

    @property
    def accepts(self) -> bool:
        """Whether it is to accept what it measures."""
        return bool(self.config.getoption("update_snapshots", False))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Say at once what is wrong in a card or an option; later each file would say it."""
        if may_gate(self.config):
            self._check_selection()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make a test of each model × mode (× dataset) that is selected."""
        name = next((name for name in CASES if name in metafunc.fixturenames), None)
        if name is None or not is_gate(metafunc.definition):
            return
        cases = [case for case in self.selection.cases if _wanted(name, case)]
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

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep a model's gates together, FP32 first, so that each model is held once."""
        if any(is_gate(item) for item in items):
            self._refuse_to_accept_into_the_package()
        # Where no case is selected, pytest makes an item without a parameter.
        items[:] = [item for item in items if not is_gate(item) or has_case(item)]
        gates = [item for item in items if is_gate(item)]
        if not gates:
            return
        self.has_gates = True
        order = {case.id: index for index, case in enumerate(self.selection.cases)}
        gates.sort(key=lambda item: order[case_of(item).id])
        rest = iter(gates)
        items[:] = [next(rest) if is_gate(item) else item for item in items]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which gates are to run, for the report to miss those that do not."""
        self.planned = tuple(item.nodeid for item in session.items if is_gate(item))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """The controller of an xdist run collects nothing: its workers say what is to run."""
        if self.planned is not None or not may_gate(self.config):
            return
        from suite.entry_points.plugin.xdist import case_in

        gates = [nodeid for nodeid in ids if case_in(nodeid, self.selection)]
        if gates:
            self.planned = gates
            try:
                self._open_report()
            except pytest.UsageError as error:
                raise pytest.exit.Exception(str(error), pytest.ExitCode.USAGE_ERROR) from None

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep each model on one worker, unless another distribution was asked for."""
        if config.getoption("dist") != "load" or not may_gate(config):
            return None
        from suite.entry_points.plugin.xdist import scheduler_by_model

        self._check_selection()
        return scheduler_by_model(config, log, tuple(self.selection.catalog.models))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Open the report before the first gate runs, so that a wrong folder is said at once."""
        if self.has_gates and not self.config.option.collectonly:
            self._open_report()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take over the record that a finished gate carries."""
        if self.report is None or report.when == "teardown":
            return
        from suite.gates.conclusion import received

        record = received(report)
        try:
            if record:
                self.report.add(record)
            elif report.failed:
                from suite.entry_points.plugin.missing_records import lost_record

                lost = lost_record(self, report)
                if lost:
                    self.report.add(lost, worker_died=True)
        except SuiteError as error:
            # No traceback, and no further gate: what is measured from here on could not be kept.
            self.is_given_up = True
            raise pytest.exit.Exception(str(error), pytest.ExitCode.USAGE_ERROR) from None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report; a run in which nothing was gated is no green one."""
        if self.report is None or self.is_given_up:
            return
        from suite.judging.baselines.proposals import write_proposals
        from suite.judging.outcome import Outcome
        from suite.report.folder import PROPOSED
        from suite.runtime.versions import surroundings

        interrupted = exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
        try:
            if not interrupted:
                write_proposals(self.report.folder / PROPOSED, self.report.records, surroundings())
            # The verdict comes last: what goes wrong before it leaves a report that did not end.
            verdict = self.report.write(complete=not interrupted)
        except SuiteError as error:
            raise pytest.exit.Exception(str(error), pytest.ExitCode.USAGE_ERROR) from None
        green = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        if green and verdict is Outcome.FAIL:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the verdict, what was accepted, and where the report is."""
        if self.report is None:
            return
        from suite.report.terminal import summary_lines

        terminalreporter.write_sep("-", "face-quant-gate")
        for line in summary_lines(self.report):
            terminalreporter.write_line(line)

    def pytest_unconfigure(self) -> None:
        """Let other runs write into the report's folder, however this one ended."""
        if self.report is not None:
            self.report.close()

    def _check_selection(self) -> None:
        try:
            with refusals_said():
                _ = self.selection
        except SuiteError as error:
            raise pytest.UsageError(str(error)) from None

    def _refuse_to_accept_into_the_package(self) -> None:
        if self.accepts and self.selection.catalog.is_installed:
            raise pytest.UsageError(
                "--snapshot-update would accept into the installed package; copy the cards into a "
                "catalog of your own (face-quant-gate copy) and accept there with --catalog."
            )

    def _open_report(self) -> None:
        """Open the report's folder; an xdist worker has none."""
        if hasattr(self.config, "workerinput"):
            return
        try:
            require_onnxruntime()
            from suite.entry_points.plugin.environment import describe
            from suite.entry_points.plugin.xdist import workers
            from suite.report.folder import ReportFolder
            from suite.runtime.providers import require_provider

            require_provider(self.provider)
            command, profile = self.invocation.command, self.profile
            self.report = ReportFolder(
                self.options.report_dir,
                describe(self.selection, command, profile, workers(self.config)),
                require_all=self.options.require_all,
                append=self.options.report_append,
            )
            self.report.plan(self.planned or ())
        except SuiteError as error:
            raise pytest.UsageError(str(error)) from None


_RUN = pytest.StashKey[GateRun]()


def rerun_of(item: pytest.Item) -> str:
    """The command that runs a gate alone."""
    invocation = GateRun.of(item.config).invocation
    return invocation.rerun(case_of(item), dataset_of(item), function_of(item))


def _wanted(name: str, case: Case) -> bool:
    return name == "case" or case.mode.is_fp32 == (name == "fp32_case")


def _skip(case: Case) -> tuple[pytest.MarkDecorator, ...]:
    reason = case.skip or case.not_applicable
    return (pytest.mark.skip(reason=reason),) if reason else ()
