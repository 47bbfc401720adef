"""What pytest's own summary and JUnit XML say of gates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from suite.entry_points.plugin.items import mistake_in
from suite.entry_points.plugin.run import rerun_of
from suite.gates.conclusion import attached, send
from suite.judging.record import Record
from suite.report.failure import cause
from suite.report.properties import property_of


def send_record(item: pytest.Item, report: pytest.TestReport) -> None:
    """Let a gate's report carry its record, where it has one."""
    record = attached(item)
    if record:
        send(record, report)


def tell_failure(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Say a user's mistake without a traceback, and the headline in pytest's FAILED line."""
    mistake = mistake_in(call.excinfo)
    if mistake:
        report.longrepr = _without_traceback(item, f"{mistake}\n\nreproduce: {rerun_of(item)}")
    crash = getattr(report.longrepr, "reprcrash", None)
    record = attached(item)
    if crash is not None and record:
        crash.message = " ".join(cause(record).split())


def tell_junit(config: pytest.Config, records: Iterable[Record]) -> None:
    """Put a property a record where the schema allows them: in the suite, not in its cases.

    pytest's fixture for these properties knows no run under xdist.
    """
    for plugin in config.pluginmanager.get_plugins():
        if hasattr(type(plugin), "add_global_property"):  # pytest's junitxml
            for record in records:
                plugin.add_global_property(*property_of(record))


def _without_traceback(item: pytest.Item, text: str) -> Any:
    try:
        pytest.fail(text, pytrace=False)
    except pytest.fail.Exception:
        return item.repr_failure(pytest.ExceptionInfo.from_current())
