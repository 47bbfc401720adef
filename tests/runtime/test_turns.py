"""Whether a call had the core to itself, on clocks that are told what to say."""

import time
from types import SimpleNamespace

import pytest

from suite.runtime import turns
from suite.runtime.turns import Watch


class Machine:
    """Clocks and counts of a machine on which calls take what they are told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, step_ns: int = 1) -> None:
        self.wall = self.busy = self.switched = 0
        self.step = step_ns
        monkeypatch.setattr(time, "perf_counter_ns", lambda: self.wall)
        monkeypatch.setattr(time, "perf_counter", lambda: self.ticking())
        monkeypatch.setattr(time, "thread_time_ns", lambda: self.busy // self.step * self.step)
        counted = SimpleNamespace(getrusage=lambda _: SimpleNamespace(ru_nivcsw=self.switched))
        monkeypatch.setattr(turns, "resource", counted)
        monkeypatch.setattr(turns, "_OF_THREAD", 1)

    def ticking(self) -> float:
        """A clock that goes on while it is read, with this thread at work."""
        self.wall += 1_000
        self.busy += 1_000
        return self.wall / 1e9

    def call(self, wall: int, busy: int, switched: int = 0):
        def run() -> None:
            self.wall += wall
            self.busy += busy
            self.switched += switched

        return run


@pytest.mark.parametrize(
    ("wall", "busy", "switched", "clean"),
    [
        (1_020_000, 1_000_000, 0, True),
        (1_021_000, 1_000_000, 0, False),
        (1_000_000, 1_000_000, 1, False),
        (49_000_000, 49_000_000, 1, False),
        (99_000_000, 99_000_000, 1, True),
        (99_000_000, 99_000_000, 2, False),
    ],
)
def test_a_call_is_clean_that_had_the_core_all_along(
    monkeypatch, wall: int, busy: int, switched: int, clean: bool
) -> None:
    machine = Machine(monkeypatch)
    watch = Watch(alone=True)
    assert watch.unseen == ""
    timed = watch.timed(machine.call(wall, busy, switched))
    assert (timed.seconds, timed.clean) == (wall / 1e9, clean)


def test_without_counts_of_switches_the_clock_is_watched_and_that_is_said(monkeypatch) -> None:
    """As on macOS."""
    machine = Machine(monkeypatch)
    monkeypatch.setattr(turns, "_OF_THREAD", None)
    watch = Watch(alone=True)
    assert watch.unseen.startswith("how often a thread is switched out is not known here")
    assert watch.timed(machine.call(1_000_000, 1_000_000, 1)).clean
    assert not watch.timed(machine.call(2_000_000, 1_000_000)).clean


@pytest.mark.parametrize(("alone", "step"), [(True, 15_600_000), (False, 1)])
def test_a_coarse_clock_and_a_call_of_several_threads_are_not_watched(
    monkeypatch, alone: bool, step: int
) -> None:
    """As on Windows, and as a GPU's session is."""
    machine = Machine(monkeypatch, step)
    watch = Watch(alone=alone)
    assert "a busy neighbour may pass unseen" in watch.unseen
    assert watch.timed(machine.call(9_000_000, 1_000_000, 0 if alone else 3)).clean


def test_a_call_that_waits_is_not_clean_on_this_machine() -> None:
    watch = Watch(alone=True)
    if watch.unseen:
        pytest.skip(watch.unseen)
    assert not watch.timed(lambda: time.sleep(0.01)).clean
