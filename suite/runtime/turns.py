"""Calls timed with what this thread itself had of the time, so that a neighbour is seen.

A call is clean where its wall time is at most 2 % above the thread's CPU time and the thread was
not switched out against its will. Of a call that computes in this thread alone both hold unless
something else ran on its core; a session of several threads, or of a GPU, waits besides.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]
# macOS does not count by thread.
_OF_THREAD: int | None = getattr(resource, "RUSAGE_THREAD", None)

_MOST_WALL = 1.02
# Whoever comes between leaves a cache to be filled again, which takes a fraction of a millisecond.
# A call that is longer than this many nanoseconds may bear that once in each of them: the threads
# of a kernel come so often on the quietest machine.
_BEARS_A_SWITCH_NS = 50_000_000
# A clock of the thread that steps more coarsely says nothing of a call of a millisecond: Windows
# counts in steps of 15.6 ms.
_FINEST_S = 1e-5
_SEEN_S = 0.05

Call = Callable[[], object]


@dataclass(frozen=True)
class Timed:
    """What a call took, in seconds of wall time, and whether the thread had its core all along."""

    seconds: float
    clean: bool


class Watch:
    """Times calls. ``alone`` says that they compute in the calling thread and nowhere else."""

    def __init__(self, *, alone: bool) -> None:
        self._by_clock = alone and _step_s() <= _FINEST_S
        self._by_switches = alone and _OF_THREAD is not None

    @property
    def unseen(self) -> str:
        """What is not watched, in words; empty where everything is."""
        if not self._by_clock:
            return (
                "turns are not watched here, so that a busy neighbour may pass unseen: the thread "
                "that calls does not compute alone, or its clock is too coarse"
            )
        if not self._by_switches:
            return "how often a thread is switched out is not known here: its CPU time is watched"
        return ""

    def timed(self, call: Call) -> Timed:
        """Time one call; clean where nothing says otherwise."""
        switches = self._switches()
        busy = time.thread_time_ns()
        start = time.perf_counter_ns()
        call()
        wall = time.perf_counter_ns() - start
        busy = time.thread_time_ns() - busy
        had_core = not self._by_clock or wall <= _MOST_WALL * busy
        few = self._switches() - switches <= wall // _BEARS_A_SWITCH_NS
        return Timed(wall / 1e9, had_core and few)

    def _switches(self) -> int:
        if not self._by_switches or _OF_THREAD is None:
            return 0
        return resource.getrusage(_OF_THREAD).ru_nivcsw


def _step_s() -> float:
    """The least step of the thread's clock that is seen in a few of them, in seconds."""
    least, seen = float("inf"), 0
    until = time.perf_counter() + _SEEN_S
    before = time.thread_time_ns()
    while seen < 20 and time.perf_counter() < until:
        now = time.thread_time_ns()
        if now != before:
            least, seen, before = min(least, (now - before) / 1e9), seen + 1, now
    return least
