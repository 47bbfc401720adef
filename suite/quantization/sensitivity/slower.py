"""How much longer one network takes than another, timed in turn."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.quantization.cpu_sessions import open_net, quiet_options
from suite.quantization.steps.net import Net
from suite.runtime.binding import BoundSession
from suite.runtime.timing import LEAST_CLEAN, warm_up
from suite.runtime.turns import Timed, Watch

_BLOCKS = 5
_BLOCK_S = 0.1
_MOST_ROUNDS = 50
# A block that lacks clean turns is given more of them for so long.
_TOP_UP_S = 0.5


@dataclass(frozen=True)
class Slower:
    """By how much a run of one network takes longer than one of another.

    Attributes
    ----------
    share : of the other's
    clean : whether nothing else ran on the core meanwhile, as far as is seen
    """

    share: float
    clean: bool = True


@dataclass(frozen=True)
class Timer:
    """Times networks at batch 1 on one thread of this CPU.

    Attributes
    ----------
    input_name : the image input
    shape : of one image there, batch first
    work : a folder for scratch files
    """

    input_name: str
    shape: Sequence[int]
    work: Path

    def slower(self, first: Net, second: Net) -> Slower:
        """By how much a run of the second takes longer, as a share of one of the first.

        The median over blocks, each of freshly opened sessions, of the median ratio of a block:
        where a session's memory lands moves its latency for as long as it lives. Of a block those
        turns count that nothing disturbed. Where most blocks lack such, it is told by what the
        thread itself had of the time.
        """
        blocks = [self._block(first, second) for _ in range(_BLOCKS)]
        ratios = [_ratio(block) for block in blocks if len(_clean(block)) >= LEAST_CLEAN]
        if len(ratios) > _BLOCKS // 2:
            return Slower(statistics.median(ratios) - 1)
        ratios = [statistics.median(b.own_s / a.own_s for a, b in block) for block in blocks]
        return Slower(statistics.median(ratios) - 1, clean=False)

    def _block(self, first: Net, second: Net) -> list[tuple[Timed, Timed]]:
        """Turns of freshly opened sessions, until enough of them are clean or time is up."""
        calls = [self._bound(first), self._bound(second)]
        turn = warm_up(calls, _BLOCK_S)
        rounds = int(min(_MOST_ROUNDS, max(LEAST_CLEAN, _BLOCK_S / turn)))
        watch, turns = Watch(alone=True), list[tuple[Timed, Timed]]()
        until = time.perf_counter() + rounds * turn + _TOP_UP_S
        while len(turns) < rounds or (
            len(_clean(turns)) < LEAST_CLEAN and time.perf_counter() < until
        ):
            turns.append((watch.timed(calls[0]), watch.timed(calls[1])))
        return turns

    def _bound(self, net: Net) -> BoundSession:
        options = quiet_options()
        options.intra_op_num_threads = 1
        session = open_net(net, self.work, options)
        return BoundSession(session, self.input_name, tuple(self.shape))


def _clean(turns: Sequence[tuple[Timed, Timed]]) -> list[tuple[Timed, Timed]]:
    return [each for each in turns if all(timed.clean for timed in each)]


def _ratio(turns: Sequence[tuple[Timed, Timed]]) -> float:
    return statistics.median(late.seconds / early.seconds for early, late in _clean(turns))
