"""Progress of long steps on a terminal; silence elsewhere."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TextIO

from suite.quantization.advance import Advance

# Lifts the capture of the streams, which pytest keeps up while a test runs.
Uncaptured = Callable[[], AbstractContextManager[None]]


# What pytest has written stays: the line below it is made room for, written, and left again.
_BELOW, _BACK = "\x1bD\x1b[A\x1b7\x1b[B\r\x1b[K", "\x1b8"


class Progress:
    """Writes a line below pytest's, anew as a step advances, where stderr is a terminal."""

    def __init__(self, uncaptured: Uncaptured) -> None:
        self._uncaptured = uncaptured
        with uncaptured():
            self._shown = is_shown_on(sys.stderr)

    @contextmanager
    def step(self, label: str) -> Iterator[Advance]:
        """Time a step; the value given is to be called as it advances."""
        started = begun = time.monotonic()
        last, before = started - 1.0, ""

        def advance(done: int, total: int, doing: str = "") -> None:
            nonlocal last, begun, before
            now = time.monotonic()
            if doing != before:
                begun, before = now, doing
            if not self._shown or now - last < 0.2:
                return
            last = now
            named = f"{label}, {doing}" if doing else label
            if not total:
                self._show(named, f", {spoken(now - started)}")
                return
            rate = done / max(now - begun, 1e-9)
            left = f", {spoken((total - done) / rate)} left" if rate else ""
            shown = f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"
            self._show(named, f" {done}/{total}, {spoken(now - started)}, {shown}/s{left}")

        self._show(label, " …")
        try:
            yield advance
        finally:
            self._show("", "")

    def say(self, message: str) -> None:
        """A line that the user must see, terminal or not."""
        self._write(f"\n{message}\n")

    def _show(self, label: str, far: str) -> None:
        """Show a line; where it is too long, the label gives way to how far it has come."""
        if self._shown:
            width = shutil.get_terminal_size().columns - 1
            room = max(width - len(far) - 1, 0)
            label = label if len(label) <= room + 1 else f"{label[:room]}…"
            self._write(f"{_BELOW}{(label + far)[:width]}{_BACK}")

    def _write(self, text: str) -> None:
        with self._uncaptured():
            sys.stderr.write(text)
            sys.stderr.flush()


def is_shown_on(stream: TextIO) -> bool:
    """Whether somebody watches a stream: a terminal that can be written over, and no CI's."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def spoken(seconds: float) -> str:
    """A duration in the unit that suits it.

    >>> [spoken(each) for each in (41.3, 125, 9000)]
    ['41 s', '2 min', '2.5 h']
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
