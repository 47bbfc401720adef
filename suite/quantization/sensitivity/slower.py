"""How much longer one network takes than another, timed in turn."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.quantization.cpu_sessions import open_net, quiet_options
from suite.quantization.steps.net import Net
from suite.runtime.binding import BoundSession
from suite.runtime.timing import seconds_of, warm_up

_BLOCKS = 5
_BLOCK_S = 0.1
_LEAST_ROUNDS, _MOST_ROUNDS = 5, 50


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

    def slower(self, first: Net, second: Net) -> float:
        """By how much a run of the second takes longer, as a share of one of the first.

        The median over blocks, each of freshly opened sessions, of the median ratio of a block:
        where a session's memory lands moves its latency for as long as it lives.
        """
        ratios = []
        for _ in range(_BLOCKS):
            calls = [self._bound(first), self._bound(second)]
            turn = warm_up(calls, _BLOCK_S)
            rounds = int(min(_MOST_ROUNDS, max(_LEAST_ROUNDS, _BLOCK_S / turn)))
            timed = [[seconds_of(call) for call in calls] for _ in range(rounds)]
            ratios.append(statistics.median(late / early for early, late in timed))
        return statistics.median(ratios) - 1

    def _bound(self, net: Net) -> BoundSession:
        options = quiet_options()
        options.intra_op_num_threads = 1
        session = open_net(net, self.work, options)
        return BoundSession(session, self.input_name, tuple(self.shape))
