"""Blocks of turns beside a neighbour that takes the core now and then."""

import itertools
from pathlib import Path

import pytest
from small import network, small_catalog, small_work

from suite.gates import timed_blocks
from suite.gates.latency import Stopwatch
from suite.gates.timed_blocks import TimedBlocks
from suite.runtime.neighbours import Given
from suite.runtime.turns import Timed

INT8 = "int8_dynamic"


class Watched:
    """A watch that finds calls clean in turn as it is told; all of them take a millisecond."""

    unseen = ""

    def __init__(self, *clean: bool) -> None:
        self._clean = itertools.cycle(clean)

    def timed(self, call: object) -> Timed:
        # The probe loop is clean throughout: what is told is told of turns.
        return Timed(0.001, call is timed_blocks.probe or next(self._clean))


@pytest.fixture
def timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TimedBlocks:
    monkeypatch.setattr(timed_blocks, "given_to_others", Given)
    monkeypatch.setattr(timed_blocks, "_TOP_UP_S", 0.0)
    # Of two images no footprint is taken.
    found = TimedBlocks(small_work(small_catalog(tmp_path, network()), INT8), 2)
    found.rounds = 10
    return found


@pytest.mark.parametrize(
    ("clean", "turns"),
    [
        ((True,), 10),
        # FP32's run, then the mode's: a turn is clean where both are.
        ((True, False), 30),
        ((True, True, False, False), 13),
        ((True,) * 2 + (False,) * 6, 25),
        ((False,), 30),
    ],
)
def test_a_block_is_given_turns_until_seven_are_clean(timed, clean, turns: int) -> None:
    timed.watch = Watched(*clean)
    timed.time_block()
    (block,) = timed.blocks
    assert len(block.candidate) == len(block.fp32) == len(block.clean) == turns
    enough = sum(block.clean) >= 7
    assert block.is_clean is enough
    assert timed.clean == ([block] if enough else [])


def test_a_short_turn_is_tried_for_half_a_second(timed, monkeypatch) -> None:
    """One turn in twenty is clean: 140 of them have seven."""
    monkeypatch.setattr(timed_blocks, "_TOP_UP_S", 60.0)
    timed.watch = Watched(*(False,) * 38, True, True)
    timed.time_block()
    (block,) = timed.blocks
    assert (sum(block.clean), len(block.clean)) == (7, 140)


@pytest.mark.parametrize(
    ("after", "disturbed"), [(Given(0.0, 0), False), (Given(0.0, 1), True), (Given(9.0, 0), True)]
)
def test_a_block_that_a_quota_cut_short_or_time_was_stolen_from_is_disturbed(
    timed, monkeypatch, after: Given, disturbed: bool
) -> None:
    timed.watch = Watched(True)
    given = itertools.chain([Given()], itertools.repeat(after))
    monkeypatch.setattr(timed_blocks, "given_to_others", lambda: next(given))
    timed.time_block()
    assert timed.blocks[0].disturbed is disturbed
    assert timed.blocks[0].is_clean is not disturbed


def test_a_gpu_has_no_loop_of_the_host_beside_it(timed) -> None:
    timed.watch = Watched(True)
    on_gpu = timed.work.bench.provider.model_copy(update={"memory": "cuda"})
    timed._begin()
    timed.end_block()
    assert timed.blocks[-1].probed
    timed.work.bench.provider = on_gpu
    timed._begin()
    timed.end_block()
    (_, block) = timed.blocks
    assert (block.probed, block.probe, block.is_clean) == (False, [], True)


def test_more_blocks_are_timed_until_enough_are_clean(timed) -> None:
    """Half of the first blocks are clean; the six that are needed come with as many more."""
    timed.watch = Watched(*(False,) * 60, *(True,) * 20)
    watch = Stopwatch(timed.work, None)
    for _ in range(6):
        timed.time_block()
    assert 0 < len(timed.clean) < 6
    found = watch._measured(timed)
    assert found.disturbed.startswith("a busy neighbour: ")
    assert f"{len(timed.clean)} of 6 blocks had 7 such turns, where 6 are needed" in found.disturbed
    found = watch.concluded(timed, lambda now: bool(now.disturbed))
    assert found.disturbed == ""
    assert found.observed["clean_blocks"] == len(timed.clean) >= 6


def test_no_more_blocks_are_timed_where_none_is_clean(timed) -> None:
    timed.watch = Watched(False)
    for _ in range(6):
        timed.time_block()
    found = Stopwatch(timed.work, None).concluded(timed, lambda _: True)
    assert found.observed["blocks"] == 6
    assert found.disturbed
    assert found.figures["speedup"] == pytest.approx(1.0)


def test_fp32s_own_time_beside_a_busy_neighbour_says_so(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(timed_blocks, "_TOP_UP_S", 0.0)
    # Of two images no footprint is taken.
    timed = TimedBlocks(small_work(small_catalog(tmp_path, network())), 2)
    timed.watch, timed.rounds = Watched(False), 1
    for _ in range(3):
        timed.time_block()
    found = Stopwatch(timed.work, None).concluded(timed)
    assert found.disturbed in found.remarks
    assert "0 of 3 blocks had 7 such turns, where 3 are needed" in found.disturbed
