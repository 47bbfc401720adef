"""Freshly opened sessions of a mode, of FP32 and of FP32 prepared, timed in turn by blocks."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field

from suite.catalog.errors import SuiteError, placed
from suite.gates.case_work import CaseWork
from suite.runtime.binding import BoundSession
from suite.runtime.neighbours import Given, given_to_others
from suite.runtime.probe_loop import probe
from suite.runtime.timing import LEAST_CLEAN, Block, seconds_of, warm_up
from suite.runtime.turns import Timed, Watch

_BLOCK_S = 0.1
_LEAST_ROUNDS, _MOST_ROUNDS = LEAST_CLEAN, 100
# A block that lacks clean turns is given as many rounds again, so many times, and more for so long:
# beside a loop on the same core one turn in twenty of a network of a millisecond is clean.
_MOST_TOPPED_UP, _TOP_UP_S = 2, 0.5
# Clean times of the probe loop at each end of a block, and how many are tried for them.
_PROBES, _MOST_PROBES = 4, 40
# Steal of a block's own time above which its turns are not what the core can do.
_MOST_STEAL = 0.02
_COPIED_ROUNDS = 15
# Prepared FP32 is judged by nothing: of the rounds it has a share, and a few at least.
_PREPARED_SHARE, _LEAST_PREPARED = 4, 3


@dataclass
class TimedBlocks:
    """Freshly opened sessions of a mode and of what it is timed beside, block after block.

    That is FP32, unless the mode is that, and ``prepared``, the rewritten FP32, where it is given
    and can be opened; ``not_prepared`` says why it could not.
    """

    work: CaseWork
    batch: int
    prepared: CaseWork | None = None
    not_prepared: str = ""
    blocks: list[Block] = field(default_factory=list)
    with_copies: list[float] = field(default_factory=list)
    rounds: int = 0

    def __post_init__(self) -> None:
        """Open the first sessions and settle how many rounds a block has."""
        provider = self.work.bench.provider
        alone = provider.on_cpu_kernels and provider.threads.latency == 1
        self.watch = Watch(alone=alone)
        self._round, self._begun_at = 0, 0.0
        self._given = Given()
        self._open()
        self.rounds = int(min(_MOST_ROUNDS, max(_LEAST_ROUNDS, _BLOCK_S / self._turn_s)))
        copied = self._candidate.with_copies
        self.with_copies = [seconds_of(copied) for _ in range(_COPIED_ROUNDS)]

    @property
    def clean(self) -> list[Block]:
        """The blocks that nothing disturbed."""
        return [block for block in self.blocks if block.is_clean]

    def prepare_round(self) -> None:
        """Open the next block's sessions where it is due, and time FP32 once."""
        if self._round % self.rounds == 0:
            if self._round:
                self.end_block()
                self._open()
            self._begin()
        self._round += 1
        self._before = None if self.work.mode.is_fp32 else self.watch.timed(self._fp32)

    def run_candidate(self) -> None:
        """One run of the mode, which pytest-benchmark times too."""
        self._keep(self.watch.timed(self._candidate))

    def time_block(self) -> list[float]:
        """One more block; the seconds of its rounds."""
        self._round = len(self.blocks) * self.rounds
        self._open()
        self._begin()
        for _ in range(self.rounds):
            self._turn()
        self.end_block()
        return self.blocks[-1].candidate

    def end_block(self) -> None:
        """Give a block that lacks clean turns more of them, and time the probe loop again."""
        block = self.blocks[-1]
        until = time.perf_counter() + _TOP_UP_S
        most = len(block.clean) + self.rounds * _MOST_TOPPED_UP
        while sum(block.clean) < LEAST_CLEAN:
            if len(block.clean) >= most and time.perf_counter() > until:
                break
            self._turn()
        self._probe()
        given = given_to_others().since(self._given)
        lasted = time.perf_counter() - self._begun_at
        block.disturbed = bool(given.throttled) or given.steal_s > _MOST_STEAL * lasted

    def _turn(self) -> None:
        self._before = None if self.work.mode.is_fp32 else self.watch.timed(self._fp32)
        self._keep(self.watch.timed(self._candidate))

    def _keep(self, mode: Timed) -> None:
        block, fp32 = self.blocks[-1], self._before
        block.candidate.append(mode.seconds)
        if fp32:
            block.fp32.append(fp32.seconds)
        block.clean.append(mode.clean and (fp32 is None or fp32.clean))

    def _begin(self) -> None:
        """A new block: the probe loop, and the rounds beside prepared FP32."""
        # A loop of the host says nothing of how fast a GPU is.
        self.blocks.append(Block(probed=self.work.bench.provider.memory == "cpu"))
        self._given, self._begun_at = given_to_others(), time.perf_counter()
        self._probe()
        if not self._prepared:
            return
        block = self.blocks[-1]
        for _ in range(max(_LEAST_PREPARED, self.rounds // _PREPARED_SHARE)):
            block.prepared.append(seconds_of(self._prepared))
            block.beside_prepared.append(seconds_of(self._candidate))

    def _probe(self) -> None:
        if not self.blocks[-1].probed:
            return
        probe()
        tried = (self.watch.timed(probe) for _ in range(_MOST_PROBES))
        clean = (each.seconds for each in tried if each.clean)
        self.blocks[-1].probe += itertools.islice(clean, _PROBES)

    def _open(self) -> None:
        self._candidate = self._bound(self.work)
        calls = [self._candidate]
        if not self.work.mode.is_fp32:
            self._fp32 = self._bound(self.work.fp32)
            calls.append(self._fp32)
        self._turn_s = warm_up(calls)
        self._prepared = self._open_prepared()
        if self._prepared:
            warm_up([self._prepared])

    def _open_prepared(self) -> BoundSession | None:
        """Prepared FP32; where it cannot be opened, the mode is timed without it."""
        if self.prepared is None:
            return None
        try:
            return self._bound(self.prepared)
        except SuiteError as error:
            if self.blocks:
                raise
            self.prepared, self.not_prepared = None, str(error)
            return None

    def _bound(self, work: CaseWork) -> BoundSession:
        provider, feeding = work.bench.provider, work.feeding
        session = work.open_session(provider.threads.latency, cuda_graph=True)
        with placed(work.artifact.file.path):
            return BoundSession(
                session,
                feeding.outputs.input,
                feeding.spec.shape(self.batch),
                provider.memory,
                provider.device_id,
            )
