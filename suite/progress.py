"""Progress of long steps on a terminal; silence elsewhere."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, int], None]


class Progress:
    """Writes one line that is overwritten as a step advances, where stderr is a terminal."""

    def __init__(self, *, shown: bool, write: Callable[[str], None] | None = None) -> None:
        self._shown = shown
        self._write = write or _to_stderr

    @classmethod
    def on_terminal(cls) -> "Progress":
        """Progress for a person who watches; silent in CI and where stderr is redirected."""
        stream = sys.__stderr__
        return cls(shown=stream is not None and stream.isatty() and not os.environ.get("CI"))

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


def _to_stderr(text: str) -> None:
    # pytest captures sys.stderr while a test runs; the user's own is beneath it.
    stream = sys.__stderr__
    if stream is not None:
        stream.write(text)
        stream.flush()
