"""Freshly opened sessions of a mode, of FP32 and of FP32 prepared, timed in turn by blocks."""

from __future__ import annotations

from dataclasses import dataclass, field

from suite.catalog.errors import SuiteError, placed
from suite.gates.case_work import CaseWork
from suite.runtime.binding import BoundSession
from suite.runtime.timing import Block, seconds_of, warm_up

_BLOCK_S = 0.1
_LEAST_ROUNDS, _MOST_ROUNDS = 7, 100
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
        self._round = 0
        self._open()
        self.rounds = int(min(_MOST_ROUNDS, max(_LEAST_ROUNDS, _BLOCK_S / self._turn_s)))
        copied = self._candidate.with_copies
        self.with_copies = [seconds_of(copied) for _ in range(_COPIED_ROUNDS)]

    def prepare_round(self) -> None:
        """Open the next block's sessions where it is due, and time FP32 once."""
        if self._round % self.rounds == 0:
            if self._round:
                self._open()
            self.blocks.append(self._begun())
        self._round += 1
        if not self.work.mode.is_fp32:
            self.blocks[-1].fp32.append(seconds_of(self._fp32))

    def run_candidate(self) -> None:
        """One run of the mode, which pytest-benchmark times."""
        self._candidate()

    def take(self, seconds: list[float]) -> None:
        """Take over what pytest-benchmark timed."""
        for index, block in enumerate(self.blocks):
            block.candidate = list(seconds[index * self.rounds : (index + 1) * self.rounds])

    def time_block(self) -> list[float]:
        """One more block; the seconds of its rounds."""
        self._round = len(self.blocks) * self.rounds
        for _ in range(self.rounds):
            self.prepare_round()
            self.blocks[-1].candidate.append(seconds_of(self._candidate))
        return self.blocks[-1].candidate

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

    def _begun(self) -> Block:
        """A new block, the rounds beside prepared FP32 done."""
        block = Block()
        if self._prepared:
            for _ in range(max(_LEAST_PREPARED, self.rounds // _PREPARED_SHARE)):
                block.prepared.append(seconds_of(self._prepared))
                block.beside_prepared.append(seconds_of(self._candidate))
        return block

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
