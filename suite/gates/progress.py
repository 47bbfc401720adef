"""Progress of long steps on a terminal; silence elsewhere."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[[int, int], None]
# Lifts the capture of the streams, which pytest keeps up while a test runs.
Uncaptured = Callable[[], AbstractContextManager[None]]


class Progress:
    """Writes one line that is overwritten as a step advances, where stderr is a terminal."""

    def __init__(self, uncaptured: Uncaptured) -> None:
        self._uncaptured = uncaptured
        with uncaptured():
            self._shown = sys.stderr.isatty() and not os.environ.get("CI")

    @contextmanager
    def step(self, label: str) -> Iterator[Advance]:
        """Time a step; the value given is to be called with (done, total)."""
        start = time.monotonic()
        last = start - 1.0

        def advance(done: int, total: int) -> None:
            nonlocal last
            now = time.monotonic()
            if not self._shown or now - last < 0.2:
                return
            last = now
            rate = done / max(now - start, 1e-9)
            remaining = (total - done) / rate if rate else 0.0
            self._write(
                f"\r\x1b[K{label} {done}/{total}, {now - start:.0f} s, {rate:.0f}/s, "
                f"{remaining:.0f} s left"
            )

        if self._shown:
            self._write(f"\r\x1b[K{label} …")
        try:
            yield advance
        finally:
            if self._shown:
                self._write("\r\x1b[K")

    def say(self, message: str) -> None:
        """A line that the user must see, terminal or not."""
        self._write(f"\n{message}\n")

    def _write(self, text: str) -> None:
        with self._uncaptured():
            sys.stderr.write(text)
            sys.stderr.flush()
