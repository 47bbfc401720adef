"""What pytest's own summary and JUnit XML say of gates."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from suite.catalog.errors import visible
from suite.entry_points.plugin.items import mistake_in
from suite.entry_points.plugin.rerun import rerun_of
from suite.entry_points.plugin.run import GateRun
from suite.gates.conclusion import attached, send
from suite.report.failure import brief
from suite.report.folder import ReportFolder
from suite.report.names import Names, set_of
from suite.report.properties import property_of


def send_record(item: pytest.Item, report: pytest.TestReport) -> None:
    """Let the report of how a gate ended carry its record, where it has one."""
    record = attached(item)
    if record and report.when != "teardown" and (report.when == "call" or not report.passed):
        send(record, report)


def tell_failure(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Say what a gate failed or was skipped for as its record does, which hides names too.

    A user's mistake has no traceback, and pytest's FAILED line is the figure and the headline.
    """
    record = attached(item)
    if record is None:
        return
    names = None if GateRun.of(item.config).options.report_names else Names()
    if isinstance(report.longrepr, tuple):  # skipped
        path, line, why = report.longrepr
        report.longrepr = path, line, names.hidden_in(why, set_of(record)) if names else why
        return
    said = str(report.longrepr)
    mistake = mistake_in(call.excinfo) if report.failed else None
    if mistake:
        said = f"{mistake}\n\nreproduce: {rerun_of(item)}"
    # Bytes that are no UTF-8 xdist could not carry, and a terminal obeys control characters.
    told = visible(names.hidden_in(said, set_of(record)) if names else said)
    if mistake or told != str(report.longrepr):
        report.longrepr = _without_traceback(item, told)
    if crash := getattr(report.longrepr, "reprcrash", None):
        crash.message = brief(names.hidden_in_record(record) if names else record)


def tell_junit(config: pytest.Config, report: ReportFolder, planned: Collection[str]) -> None:
    """Put a property a record where the schema allows them: in the suite.

    pytest's fixture for these properties knows no run under xdist.
    """
    for plugin in config.pluginmanager.get_plugins():
        if hasattr(type(plugin), "add_global_property"):  # pytest's junitxml
            _keep_last_attempts(plugin, planned)
            for record in report.records_of(planned):
                plugin.add_global_property(*property_of(record))


def _keep_last_attempts(plugin: Any, gates: Collection[str]) -> None:
    """Leave one test case a gate, where a plugin that retries made it several."""
    names = {gate.rpartition("::")[2] for gate in gates}
    # A case that has ended knows its element alone.
    keyed = [(case, _key(case.to_xml())) for case in plugin.node_reporters_ordered]
    last = {key: case for case, key in keyed}
    plugin.node_reporters_ordered[:] = [
        case for case, key in keyed if key[1] not in names or last[key] is case
    ]


def _key(element: Element) -> tuple[str | None, str | None]:
    return element.get("classname"), element.get("name")


def _without_traceback(item: pytest.Item, text: str) -> Any:
    try:
        pytest.fail(text, pytrace=False)
    except pytest.fail.Exception:
        return item.repr_failure(pytest.ExceptionInfo.from_current())
