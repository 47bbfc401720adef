"""How much longer one network takes than another, beside a neighbour or not."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from qdq_net import IMAGE, Made

from suite.quantization.sensitivity import slower
from suite.quantization.sensitivity.slower import Slower, Timer
from suite.quantization.steps.net import Net
from suite.runtime.turns import Timed

# What one turn takes of the first network and of the second: wall time, clean, own time.
QUIET = (Timed(0.010, clean=True, own_s=0.010), Timed(0.012, clean=True, own_s=0.012))
BUSY = (Timed(0.010, clean=True, own_s=0.010), Timed(0.050, clean=False, own_s=0.013))


def chain(layers: int) -> Net:
    made, read = Made(), "x"
    for at in range(layers):
        read = made.op("Relu", [made.conv(read, f"c{at}")], f"r{at}")
    made.head(read)
    return made.net()


def timed_as(monkeypatch: pytest.MonkeyPatch, turns: Iterator[tuple[Timed, Timed]]) -> None:
    calls = itertools.chain.from_iterable(turns)

    class Watched:
        def __init__(self, *, alone: bool) -> None:
            assert alone

        def timed(self, call: object) -> Timed:
            return next(calls)

    monkeypatch.setattr(slower, "Watch", Watched)
    monkeypatch.setattr(slower, "_TOP_UP_S", 0.0)


def found(folder: Path) -> Slower:
    return Timer("x", (1, *IMAGE), folder).slower(chain(1), chain(2))


def test_disturbed_turns_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    timed_as(monkeypatch, itertools.cycle((QUIET, BUSY, BUSY)))
    assert found(tmp_path) == Slower(pytest.approx(0.2), clean=True)


def test_without_clean_turns_the_threads_own_time_tells_and_it_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed_as(monkeypatch, itertools.repeat(BUSY))
    assert found(tmp_path) == Slower(pytest.approx(0.3), clean=False)
