"""pytest in a process of its own, forked from a server that has already imported what it needs.

Starting Python and importing takes longer than most jobs that the tests run. What must not be
imported beforehand, or is read by Python itself as it starts, needs a process made afresh.
"""

import contextlib
import importlib
import itertools
import multiprocessing
import multiprocessing.forkserver
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from _pytest.assertion.rewrite import AssertionRewritingHook
from coverage import Coverage

_SERVER = multiprocessing.get_context("forkserver")
# Where coverage hands on to processes what to measure.
_MEASURED = "COVERAGE_PROCESS_CONFIG"
# Measuring makes a job half as slow again, and jobs run the same lines: one of so many is measured.
_OF_JOBS = 3
_number = itertools.count()


class ForkedPytest:
    """What `subprocess.Popen` is to a process made afresh, in a process group of its own."""

    def __init__(self, *arguments: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.args = ["pytest", *arguments]
        self.returncode: int | None = None
        _start_server()
        if next(_number) % _OF_JOBS:
            environment = {name: environment[name] for name in environment if name != _MEASURED}
        self._scratch = tempfile.TemporaryDirectory()
        self._output = Path(self._scratch.name) / "output"
        self._process = _SERVER.Process(
            target=_run, args=(arguments, folder, environment, self._output)
        )
        self._process.start()
        while not self._output.exists() and self._process.exitcode is None:
            time.sleep(0.001)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill_group(self) -> None:
        """Kill it with its workers, unless it has ended: the server has then reaped it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        self._process.join(timeout)
        self.returncode = self._process.exitcode
        output = self._output.read_text(errors="replace")
        self._scratch.cleanup()
        return output, None


def fork_pytest(
    *arguments: str, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """What `subprocess.run` is to a process made afresh."""
    process = ForkedPytest(*arguments, folder=folder, environment=environment)
    output, _ = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, output)


def _start_server() -> None:
    _SERVER.set_forkserver_preload(["job_imports"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        multiprocessing.forkserver.ensure_running()


def _run(arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], output: Path):
    """The forked process: what ``python -m pytest`` would find, and pytest."""
    from job_imports import PATH

    os.setsid()
    stream = os.open(output, os.O_WRONLY | os.O_CREAT)
    os.dup2(stream, 1)
    os.dup2(stream, 2)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    if _MEASURED not in environment and (measuring := Coverage.current()):
        measuring.stop()
    named = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    here = str(Path(__file__).parent)
    sys.path[:] = [str(folder), *named, *(entry for entry in PATH if entry != here)]
    sys.argv = ["pytest", *arguments]
    # What Python itself does as it starts.
    sys.modules.pop("sitecustomize", None)
    with contextlib.suppress(ImportError):
        importlib.import_module("sitecustomize")
    # Ignored in what a shell starts in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # It would say of each plugin that it was imported too early for its assertions to be rewritten.
    AssertionRewritingHook._warn_already_imported = lambda *_: None
    sys.exit(pytest.main(list(arguments)))
