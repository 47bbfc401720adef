"""Progress of long steps: on a terminal, below what pytest wrote, and nowhere else."""

import io
import os
from contextlib import nullcontext, redirect_stderr

import pytest

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


def test_a_step_says_rate_and_remaining_time_on_a_line_that_fits(terminal: Terminal) -> None:
    advance(terminal)
    advance(terminal, "a model of a long name, embedded in INT8")
    shown = [part.partition("\x1b[K")[2] for part in terminal.getvalue().split("\x1b8")]
    assert shown[0] == "model int8: embedding …"
    assert shown[1].startswith("model int8: embedding 50/200, 0 s, ")
    assert max(map(len, shown)) < 40
    assert shown[2] == ""


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
