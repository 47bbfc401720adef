"""One pytest run, from its options to its report."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from suite.catalog.errors import SuiteError, refusals_said
from suite.catalog.provider_card import ProviderCard
from suite.catalog.selection import Options, Selection, select
from suite.entry_points.plugin.collection import make_tests, sort_gates
from suite.entry_points.plugin.invocation import Invocation, invocation_of
from suite.entry_points.plugin.items import (
    has_case,
    is_gate,
    may_gate,
    names_gates,
)
from suite.entry_points.plugin.judging_again import leave_unrecorded_out
from suite.entry_points.requirements import require_onnxruntime

if TYPE_CHECKING:
    from suite.report.folder import ReportFolder


class GateRun:
    """What a run gates and has measured; a plugin, so that pytest calls it at each stage.

    Attributes
    ----------
    config : pytest's
    has_gates : whether gates were collected, with those that were then taken away
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
        self._gate: pytest.Item | None = None
        self._uncollected: list[pytest.CollectReport] = []

    @staticmethod
    def start(config: pytest.Config) -> None:
        """Make the run of this configuration."""
        config.stash[_RUN] = GateRun(config)
        config.pluginmanager.register(config.stash[_RUN])

    @staticmethod
    def of(config: pytest.Config) -> GateRun:
        """The run of a configuration."""
        return config.stash[_RUN]

    @staticmethod
    def known(config: pytest.Config) -> GateRun | None:
        """The run of a configuration; None where pytest did not come to make it."""
        return config.stash.get(_RUN, None)

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
        """Make the tests of the cases that are selected."""
        if is_gate(metafunc.definition):
            make_tests(metafunc, self.selection.cases)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Sort the gates: before others take some away, and after they shuffled them."""
        if not any(is_gate(item) for item in items):
            return (yield)
        self._refuse_to_accept_into_the_package()
        # Where no case is selected, pytest makes an item without a parameter.
        items[:] = [item for item in items if not is_gate(item) or has_case(item)]
        leave_unrecorded_out(self, items)
        self.has_gates = any(is_gate(item) for item in items)
        sort_gates(items, self.selection.cases)
        result = yield
        sort_gates(items, self.selection.cases)
        return result

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
        if gates or names_gates(self.config):
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

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Open the report before the first gate runs, so that a wrong folder is said at once."""
        asked = self.has_gates or names_gates(self.config)
        # An xdist controller has no plan yet.
        if asked and self.planned is not None and not self.config.option.collectonly:
            self._open_report()
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Remember which gate runs: its reports do not say."""
        self._gate = item if is_gate(item) else None
        return (yield)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that could not be collected."""
        if report.failed:
            self._uncollected.append(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take over the record of a finished gate, and what failed besides.

        Its report gets its record anew, as a plugin that retries changes both.
        """
        if self._gate is not None and self._gate.nodeid == report.nodeid:
            from suite.entry_points.plugin.summary import send_record

            send_record(self._gate, report)
        if self.report is None:
            return
        from suite.entry_points.plugin.ending import failure_outside
        from suite.gates.conclusion import received

        record = received(report)
        try:
            if record:
                self.report.add(record)
            elif report.failed and report.when != "teardown":
                from suite.entry_points.plugin.missing_records import lost_record

                if record := lost_record(self, report):
                    self.report.add(record, worker_died=True)
            if what := failure_outside(report, record, strict=self.options.require_all):
                self.report.fail_outside(what)
        except SuiteError as error:
            # No traceback, and no further gate: what is measured from here on could not be kept.
            self.is_given_up = True
            raise pytest.exit.Exception(str(error), pytest.ExitCode.USAGE_ERROR) from None

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note that a worker of xdist broke, which may end as if its tests had run."""
        if self.report is not None:
            from suite.entry_points.plugin.ending import breakage

            self.report.fail_outside(breakage(excinfo))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Write the report; a run in which nothing was gated is no green one."""
        refused = None
        if self.report is not None and not self.is_given_up:
            from suite.entry_points.plugin.ending import write_verdict
            from suite.entry_points.plugin.summary import tell_junit

            try:
                plugins = self.config.pluginmanager
                session.exitstatus = write_verdict(self.report, session.exitstatus, plugins)
                tell_junit(self.config, self.report, self.planned or ())
            except SuiteError as error:
                self.is_given_up = True
                refused = str(error)
        yield
        if refused:
            raise pytest.exit.Exception(refused, pytest.ExitCode.USAGE_ERROR)
        self._say_verdict()

    def settled(self, status: int) -> int:
        """The process's exit status, after all plugins had their say."""
        if self.report is None or self.is_given_up:
            return status
        from suite.entry_points.history import add_to_history
        from suite.entry_points.plugin.ending import settle
        from suite.entry_points.plugin.workflow import tell_github

        try:
            status = settle(self.report, status)
            add_to_history(self.options.history, self.report.report)
            tell_github(self.report, self.selection.catalog, os.environ)
            return status
        except SuiteError as error:
            print(f"ERROR: {error}")
            return pytest.ExitCode.USAGE_ERROR

    def close(self) -> None:
        """Let other runs write into the report's folder, however this one ended."""
        if self.report is not None:
            self.report.close()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the verdict, what was accepted, and where the report is."""
        if self.report is None:
            return
        from suite.report.terminal import summary_lines, table_lines

        terminalreporter.write_sep("-", "face-quant-gate")
        said = summary_lines(self.report, accepts=self.accepts)
        for line in (*table_lines(self.report), *said):
            terminalreporter.write_line(line)

    def _say_verdict(self) -> None:
        """Print the verdict below everything else."""
        terminal = self.config.pluginmanager.get_plugin("terminalreporter")
        if self.report is None or self.is_given_up or terminal is None:
            return
        from suite.report.terminal import verdict_lines

        for line in verdict_lines(self.report.report, self.report.folder):
            terminal.write_line(line)

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
            from suite.entry_points.plugin.opening import opened

            self.report = opened(self)
            for uncollected in self._uncollected:
                self.report.fail_outside(f"{uncollected.nodeid}: could not be collected")
            self.report.plan(self.planned or ())
        except SuiteError as error:
            raise pytest.UsageError(str(error)) from None


_RUN = pytest.StashKey[GateRun]()
