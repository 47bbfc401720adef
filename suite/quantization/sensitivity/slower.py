"""How much longer one network takes than another that differs from it in a few layers."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from suite.quantization.ranges.observe import Batch
from suite.quantization.sensitivity.kernel_time import Kernel, kernel_milliseconds
from suite.quantization.steps.net import Net

_Times = Mapping[Kernel, float]
# Kernels that take less of a run together do not tell how fast the core was.
_LEAST_SHARED = 0.2
# Sessions of each network: in one, memory may lie better than in another.
_SESSIONS = 3


@dataclass
class Timer:
    """Times networks at batch 1 on one thread of this CPU.

    Attributes
    ----------
    image : one, by the name of the input
    work : a folder for scratch files
    """

    image: Batch
    work: Path
    _first: tuple[str, list[_Times]] = field(default=("", []), init=False)

    def slower(self, first: Net, second: Net) -> float:
        """By how much a run of the second takes longer, as a share of one of the first.

        It is told by the kernels in which the two differ, as onnxruntime's profiler times them: of
        whole runs, one layer in float is less than what two sessions of the same network differ
        by. Kernels that both run alike show how fast the core was in either, and the others are
        set right by that, whether its clock changed or a neighbour took its share. Of several
        sessions of each it is the median.
        """
        pairs = zip(self._known(first), self._sessions(second), strict=True)
        return statistics.median(_slower(early, late) for early, late in pairs)

    def _known(self, net: Net) -> list[_Times]:
        """Times of a network beside which many are timed one after the other."""
        digest = net.digest()
        if self._first[0] != digest:
            self._first = (digest, self._sessions(net))
        return self._first[1]

    def _sessions(self, net: Net) -> list[_Times]:
        return [kernel_milliseconds(net, self.image, self.work) for _ in range(_SESSIONS)]


def _slower(early: _Times, late: _Times) -> float:
    shared, whole = early.keys() & late.keys(), _sum(early, early)
    told = _sum(early, shared) > _LEAST_SHARED * whole
    faster = _sum(early, shared) / _sum(late, shared) if told else 1.0
    more = faster * _sum(late, late.keys() - shared) - _sum(early, early.keys() - shared)
    return more / whole


def _sum(times: _Times, kernels: Iterable[Kernel]) -> float:
    return sum(times[kernel] for kernel in sorted(kernels))
