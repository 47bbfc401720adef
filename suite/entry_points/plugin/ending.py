"""How a run ends: its report and its exit status say the same, whatever other plugins do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from suite.judging.baselines.proposals import write_proposals
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.folder import PROPOSED
from suite.runtime.versions import surroundings

if TYPE_CHECKING:
    from suite.report.folder import ReportFolder

_CUT_SHORT = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
_GREEN = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
_LONGEST = 200


def write_verdict(
    report: ReportFolder, status: int, plugins: pytest.PytestPluginManager | None = None
) -> int:
    """Write the report of a run that ends with an exit status; the status that goes with it.

    ``plugins`` are pytest's, of which some fail a run without a failing test.

    Raises
    ------
    SuiteError
        where the report or the proposals cannot be written.
    """
    complete = status not in _CUT_SHORT
    if complete:
        write_proposals(report.folder / PROPOSED, report.records, surroundings())
    if plugins and (missed := _coverage_missed(plugins)):
        report.fail_outside(missed)
    # The verdict comes last: what goes wrong before it leaves a report that did not end.
    if status != pytest.ExitCode.OK and report.conclude(complete=complete) is not Outcome.FAIL:
        report.fail_outside(f"pytest ended with exit status {int(status)}, for what is no gate's")
    verdict = report.write(complete=complete)
    if verdict is Outcome.FAIL and status in _GREEN:
        return pytest.ExitCode.TESTS_FAILED
    return status


def _coverage_missed(plugins: pytest.PytestPluginManager) -> str | None:
    """That less was covered than pytest-cov was told to ask for."""
    cov = plugins.getplugin("_cov")
    asked = getattr(getattr(cov, "options", None), "cov_fail_under", None)
    total = getattr(cov, "cov_total", None)
    if not asked or total is None or total >= asked:
        return None
    return f"coverage is {total:.2f} %, and --cov-fail-under asks for {asked:g} %"


def failure_outside(
    report: pytest.TestReport | pytest.CollectReport, record: Record | None, *, strict: bool
) -> str | None:
    """What failed, where no gate's record says that it did: another test, a teardown, a module."""
    if not report.failed:
        return None
    when = getattr(report, "when", "collect")
    if record and when != "teardown":
        outcome = record.outcome
        if outcome is Outcome.FAIL or (strict and outcome.fails_when_all_required):
            return None
    said = str(report.longrepr or "").strip().splitlines() or [""]
    crash = getattr(report.longrepr, "reprcrash", None)
    shown = _short(crash.message if crash else said[-1])
    of = "" if when == "call" else f" ({'collecting' if when == 'collect' else when})"
    return f"{report.nodeid}{of}: {shown}"


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


def breakage(excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """What broke pytest or a worker of xdist, on one line.

    Of a worker the message has the whole traceback.
    """
    *_, said = (str(excinfo.value).strip() or excinfo.exconly()).splitlines()
    return f"pytest broke: {_short(said)}"


def settle(report: ReportFolder, status: int) -> int:
    """The exit status of a process whose report is written, decided after everybody else.

    Raises
    ------
    SuiteError
        where the report must be written again and cannot.
    """
    failed = report.report.verdict is Outcome.FAIL
    if failed and status in _GREEN:
        return pytest.ExitCode.TESTS_FAILED
    if failed or status == pytest.ExitCode.OK:
        return status
    settled = write_verdict(report, status)
    print(report.report.concluded)
    return settled
