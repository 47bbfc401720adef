"""How far a download is, on a terminal."""

import shutil
import time
from collections.abc import Callable
from typing import TextIO

_MIB = 2**20
_EVERY_S = 0.2


class Meter:
    """A line that is written over: percent, bytes, rate and what remains.

    Parameters
    ----------
    stream : the terminal; None where there is none, and nothing is said
    clock : seconds
    """

    def __init__(self, stream: TextIO | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._shown = ""

    def begin(self, name: str, at: int, total: int | None) -> None:
        """Start with so many bytes here of so many."""
        self._name, self._at, self._came, self._total = name, at, 0, total
        self._since = self._last = self._clock()

    def advance(self, count: int) -> None:
        """Say that so many bytes came."""
        self._came += count
        now = self._clock()
        if now - self._last >= _EVERY_S:
            self._last = now
            self._show()

    def end(self) -> None:
        """Leave the line as it is, and begin another."""
        if self._stream is None:
            return
        self._show()
        self._stream.write("\n")
        self._stream.flush()
        self._shown = ""

    def _show(self) -> None:
        if self._stream is None:
            return
        line = self._line()[: shutil.get_terminal_size().columns - 1]
        self._stream.write("\r" + line.ljust(len(self._shown)))
        self._stream.flush()
        self._shown = line

    def _line(self) -> str:
        here, seconds = self._at + self._came, self._clock() - self._since
        rate = self._came / seconds if seconds > 0 else 0.0
        words = [f"{here / _MIB:.1f} MiB"]
        if self._total:
            of = f"{here / _MIB:.1f} of {self._total / _MIB:.1f} MiB"
            words = [f"{here / self._total:.0%}", of]
        words.append(f"{rate / _MIB:.1f} MiB/s")
        if self._total and rate and here < self._total:
            left = round((self._total - here) / rate)
            words.append(f"{left // 60}:{left % 60:02} left")
        return f"{self._name}: {', '.join(words)}"
