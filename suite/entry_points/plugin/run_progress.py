"""How far the run has come, on a terminal: gates done of all, and what time the others may take."""

from __future__ import annotations

import os
import time
from collections.abc import Collection

import pytest

from suite.gates.progress import spoken

# Between two lines: so long, and such a share of what the run has taken.
_PAUSE_SECONDS = 10.0
_PAUSE_SHARE = 0.05


class RunProgress:
    """Writes a line between gates now and then; a plugin of the process that owns the terminal.

    A gate takes as long as those of its kind took on average. That counts as much of the run as it
    did so far: workers side by side, and what is done between gates, are in it.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._began = self._said = time.monotonic()
        self._seconds: dict[str, float] = {}
        self._done: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how long a stage of a test took."""
        self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0.0) + report.duration
        if report.when == "teardown":
            self._done.add(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        """Say how far the run has come, where that was last said long enough ago."""
        from suite.entry_points.plugin.run import GateRun

        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        planned = GateRun.of(self._config).planned
        now = time.monotonic()
        if now - self._said < max(_PAUSE_SECONDS, _PAUSE_SHARE * (now - self._began)):
            return
        if planned and terminal is not None and terminal.isatty and not os.environ.get("CI"):
            self._said = now
            if line := self.line(planned, now - self._began):
                _write(terminal, line)

    def line(self, planned: Collection[str], elapsed: float) -> str:
        """How far the run has come after so many seconds; nothing where no gate is left."""
        done = [node for node in planned if node in self._done]
        left = [node for node in planned if node not in self._done]
        if not done or not left:
            return ""
        spent: dict[str, list[float]] = {}
        for node in done:
            spent.setdefault(_kind(node), []).append(self._seconds.get(node, 0.0))
        whole = sum(map(sum, spent.values()))
        means = {kind: sum(each) / len(each) for kind, each in spent.items()}
        more = sum(means.get(_kind(node), whole / len(done)) for node in left)
        remaining = f", about {spoken(elapsed * more / whole)} left" if whole else ""
        return f"{len(done)} of {len(planned)} gates, {spoken(elapsed)}{remaining}"


def _kind(node: str) -> str:
    return node.partition("[")[0]


def _write(terminal: pytest.TerminalReporter, line: str) -> None:
    """Write a line of its own; pytest begins another below it where it names files."""
    if terminal.currentfspath:
        terminal.ensure_newline()
    else:
        terminal.write("\n")
    terminal.write(line)
    if not terminal.showfspath or terminal.config.getoption("dist", "no") != "no":
        terminal.write("\n")
