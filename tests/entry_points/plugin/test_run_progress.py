"""How far a run has come, on a terminal."""

import os
import pty
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from team import Team

from suite.entry_points.plugin.run_progress import RunProgress

PACE = """
from suite.entry_points.plugin import run_progress

run_progress._PAUSE_SECONDS = run_progress._PAUSE_SHARE = 0.0
"""


def progress(**seconds: float) -> RunProgress:
    """Of gates that took so long; setup and teardown take nothing."""
    found = RunProgress(SimpleNamespace())
    for name, took in seconds.items():
        for when in ("setup", "call", "teardown"):
            node = f"{name[0]}.py::test_{name[0]}[{name[1:]}]"
            duration = took if when == "call" else 0.0
            report = SimpleNamespace(nodeid=node, duration=duration, when=when)
            found.pytest_runtest_logreport(report)
    return found


def planned(*names: str) -> list[str]:
    return [f"{name[0]}.py::test_{name[0]}[{name[1:]}]" for name in names]


def test_a_gate_is_taken_to_last_as_long_as_others_of_its_kind() -> None:
    found = progress(a1=1.0, a2=3.0, b1=6.0)
    gates = planned("a1", "a2", "b1", "a3", "b2", "c1")
    # 2 s, 6 s, and the mean of all three, 10 / 3 s: of 10 s of gates, which took 20 s.
    assert found.line(gates, 20.0) == "3 of 6 gates, 20 s, about 23 s left"


def test_workers_side_by_side_shorten_what_is_left() -> None:
    found = progress(a1=100.0, a2=100.0)
    gates = planned("a1", "a2", "a3", "a4")
    assert found.line(gates, 100.0) == "2 of 4 gates, 2 min, about 2 min left"


def test_nothing_is_estimated_of_gates_that_took_no_time() -> None:
    assert progress(a1=0.0).line(planned("a1", "a2"), 5.0) == "1 of 2 gates, 5 s"


def test_nothing_is_said_before_the_first_gate_and_after_the_last() -> None:
    assert progress().line(planned("a1"), 5.0) == ""
    assert progress(a1=1.0).line(planned("a1"), 5.0) == ""
    assert progress(b1=1.0).line(planned("a1"), 5.0) == ""


def run_on_a_terminal(team: Team, *options: str, **environment: str) -> str:
    """What a run writes to a terminal."""
    ours, theirs = pty.openpty()
    shown = {k: v for k, v in os.environ.items() if k not in ("CI", "COLUMNS")}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", "--pyargs", "suite.gates", "--catalog=."),
            *("-m", "not latency", "-p", "no:cacheprovider", f"--artifact-cache={team.cache}"),
            *("-p", "pace", *options),
        ],
        cwd=team.folder,
        env=shown | {"TERM": "xterm", "PYTHONPATH": str(team.folder), **environment},
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:  # Linux says so that nobody writes any more
        pass
    os.close(ours)
    assert process.wait() == 0, written
    return written.decode()


@pytest.mark.parametrize("options", [(), ("-q",), ("-v",), ("-n", "1")], ids=" ".join)
def test_a_run_says_on_a_terminal_how_many_gates_are_done(
    made: Team, options: tuple[str, ...]
) -> None:
    (made.folder / "pace.py").write_text(PACE)
    lines = run_on_a_terminal(made, *options).replace("\r", "").splitlines()
    told = [line for line in lines if re.fullmatch(r"\d+ of \d+ gates, \d+ s, about .+ left", line)]
    counts = [tuple(map(int, re.findall(r"\d+", line)[:2])) for line in told]
    (whole,) = {whole for _, whole in counts}
    done = [done for done, _ in counts]
    if options == ("-n", "1"):  # where several gates may end before the first of them is said to
        assert done == sorted(set(done))
        assert done[-1] < whole < 2 * len(done)
    else:
        assert done == list(range(1, whole))


@pytest.mark.parametrize("quiet", [{"CI": "true"}])
def test_a_run_in_a_ci_says_nothing_of_it(made: Team, quiet: dict[str, str]) -> None:
    (made.folder / "pace.py").write_text(PACE)
    assert " gates, " not in run_on_a_terminal(made, **quiet).partition("FAIL")[0]
