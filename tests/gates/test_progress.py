"""Progress of long steps: on a terminal, below what pytest wrote, and nowhere else."""

import io
import os
from contextlib import nullcontext, redirect_stderr
from types import SimpleNamespace

import pytest

from suite.gates import progress
from suite.gates.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.delenv("CI", raising=False)
    return Terminal()


def advance(terminal: Terminal, label: str = "model int8: embedding") -> None:
    # Not in the fixture: pytest puts its own stream back before the test begins.
    with redirect_stderr(terminal), Progress(nullcontext).step(label) as advanced:
        advanced(50, 200)


def shown_on(terminal: Terminal) -> list[str]:
    return [part.partition("\x1b[K")[2] for part in terminal.getvalue().split("\x1b8")]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds = [0.0]
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    return seconds


def test_a_step_says_rate_and_remaining_time(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with redirect_stderr(terminal), Progress(nullcontext).step("m int8: building") as advanced:
        clock[0] = 50.0
        advanced(0, 60, "weighing layers")
        clock[0] = 60.0
        advanced(20, 60, "weighing layers")
        clock[0] = 200.0
        advanced(0, 0, "2 layers in float")
    assert shown_on(terminal) == [
        "m int8: building …",
        "m int8: building, weighing layers 0/60, 50 s, 0.0/s",
        "m int8: building, weighing layers 20/60, 60 s, 2.0/s, 20 s left",
        "m int8: building, 2 layers in float, 3 min",
        "",
        "",
    ]


def test_where_a_line_is_too_long_the_label_gives_way(
    terminal: Terminal, clock: list[float]
) -> None:
    with (
        redirect_stderr(terminal),
        Progress(nullcontext).step("a model of a long name") as advanced,
    ):
        clock[0] = 5.0
        advanced(50, 200)
    line = shown_on(terminal)[1]
    assert line == "a model o… 50/200, 5 s, 10/s, 15 s left"


def test_a_step_leaves_the_line_on_which_the_cursor_stands(terminal: Terminal) -> None:
    advance(terminal)
    *parts, rest = terminal.getvalue().split("\x1b8")
    assert (len(parts), rest) == (3, "")
    # Saved before it goes down a line, and restored.
    for part in parts:
        assert part.startswith("\x1bD\x1b[A\x1b7\x1b[B\r\x1b[K")
        assert "\n" not in part


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("TERM", "dumb")])
def test_nobody_watches_a_ci_or_a_terminal_that_takes_no_commands(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setitem(os.environ, name, value)
    advance(terminal)
    assert terminal.getvalue() == ""
