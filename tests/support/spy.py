"""Loaded with ``-p spy`` into a job: notes builds, and does what the environment tells it to."""

import errno
import itertools
import os
import time
from pathlib import Path

from suite.gates import latency, timed_blocks
from suite.quantization import cache
from suite.runtime import timing
from suite.runtime.footprint import Footprint
from suite.runtime.timing import Block

HERE = Path(__file__).resolve().parent
_build = cache.build


def _noted(source, target, ingredients, *statistics):
    with (HERE / "builds.txt").open("a") as stream:
        stream.write(f"{source.stem} {ingredients.recipe.method}\n")
    return _build(source, target, ingredients, *statistics)


cache.build = _noted
# On how many pairs the usual mistakes are tried.
if "DIAGNOSED_PAIRS" in os.environ:
    from suite.gates import diagnosis

    diagnosis._PAIRS = int(os.environ["DIAGNOSED_PAIRS"])
# No baseline can be written; root may write anywhere, so that a folder's mode does not do it.
if "NO_ROOM" in os.environ:
    from suite.judging.baselines import store

    def _no_room(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store.write_whole = _no_room
# What a busy machine would say of a speed-up is no matter of what a job does with it.
if "SPEED_UP" in os.environ:
    Block.ratio = property(lambda self: float(os.environ["SPEED_UP"]))
    Block.over_probe = lambda self, seconds: 2.0
    Block.is_clean = property(lambda self: True)
if {"SPEED_UP", "UNSTEADY"} & set(os.environ):
    timing.WARM_S = timed_blocks._BLOCK_S = 0.01
    latency.footprint = lambda *_: Footprint(1.0, 1.0, 1.0, None, 0.0, 40)
if "UNSTEADY" in os.environ:
    _swings = itertools.cycle((1.1, 1.5, 2.0))
    Block.ratio = property(lambda self: next(_swings))


def pytest_configure() -> None:
    if os.environ.get("UNDECIDED"):
        from suite.gates.check import GateCheck
        from suite.judging.outcome import Outcome

        def straddle(self, measured, headline):
            self.conclude_without(Outcome.UNDECIDED, "the interval straddles the limit")

        GateCheck.observe = straddle


def pytest_runtest_setup(item) -> None:
    """``DIE_ONCE_AT``, ``DIE_AT`` and ``WAIT_AT`` are parts of gates' names."""
    once, always, wait = (os.environ.get(name) for name in ("DIE_ONCE_AT", "DIE_AT", "WAIT_AT"))
    died = HERE / "died.txt"
    before = died.read_text().splitlines() if died.exists() else []
    if (always and always in item.name) or (once and once in item.name and item.name not in before):
        died.write_text("\n".join([*before, item.name]))
        os._exit(3)
    if wait and wait in item.name:
        (HERE / "waiting").touch()
        time.sleep(600)
