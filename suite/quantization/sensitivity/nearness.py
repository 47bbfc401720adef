"""How near a network's embeddings are to FP32's, and what of a policy that uses up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from suite.catalog.policy import PolicySpec
from suite.quantization.probe import Rows
from suite.verification.fidelity import fidelity, score_change

# What is left for faces that were not looked at.
MARGIN = 0.8
# What a policy says, by the names of its figures.
COSINE_MEAN = "cosine_mean"
COSINE_1ST_PERCENTILE = "cosine_1st_percentile"
SCORE_CHANGE = "score_change_99th_percentile"
QUANTIZED_SHARE = "quantized_share"


def asked_of_mix(policies: Iterable[PolicySpec]) -> dict[str, float]:
    """What policies ask of a network that mixes 8 bits and float, the strictest of each figure.

    How near to FP32 it has to be, as `Nearness.used` takes it, and how much of its arithmetic is
    to stay in 8 bits. Where one names no 1st percentile, the worst cosine that it allows is that of
    this percentile: a few faces do not show the worst of many.
    """
    asked: dict[str, float] = {}
    for policy in policies:
        floors, change = policy.floor, policy.loss.get(SCORE_CHANGE)
        percentile = floors.get(COSINE_1ST_PERCENTILE, floors.get("cosine_worst"))
        least = {
            COSINE_MEAN: floors.get(COSINE_MEAN),
            COSINE_1ST_PERCENTILE: percentile,
            QUANTIZED_SHARE: floors.get(QUANTIZED_SHARE),
        }
        for name, value in least.items():
            if value is not None:
                asked[name] = max(value, asked.get(name, value))
        if change is not None:
            asked[SCORE_CHANGE] = min(change, asked.get(SCORE_CHANGE, change))
    return asked


@dataclass(frozen=True)
class Nearness:
    """What a network loses against FP32 over some faces.

    Attributes
    ----------
    mean : 1 − the mean cosine
    tail : 1 − the 1st percentile of the cosines
    score_change : the 99th percentile of the absolute change of the cosine of a pair, over all
        pairs of the faces
    """

    mean: float
    tail: float
    score_change: float

    @classmethod
    def of(cls, fp32: Rows, rows: Rows) -> Nearness:
        """Of embeddings of the same faces: float [n, d], of any length."""
        near = fidelity(fp32, rows)
        change = score_change(fp32, rows, *np.triu_indices(len(fp32), 1))
        return cls(1 - near.cosine_mean, 1 - near.cosine_1st_percentile, change)

    def used(self, policy: Mapping[str, float]) -> float:
        """The largest share that it uses up of what a policy allows, of which `MARGIN` counts.

        Parameters
        ----------
        policy : the least mean cosine and 1st percentile, and the largest change of a score; what
            it does not name is not bounded
        """
        return max(self._shares(policy).values())

    def said_of(self, policy: Mapping[str, float]) -> str:
        """What it uses up of a policy, and by which figure."""
        shares = self._shares(policy)
        most = max(shares, key=lambda name: shares[name])
        return f"uses {shares[most]:.0%} ({most})"

    def beyond(self, policy: Mapping[str, float]) -> float:
        """By what it is beyond a policy: the shares above 1 summed, so that each step is seen.

        The largest alone does not show what is gained on another.
        """
        return sum(max(0.0, share - 1) for share in self._shares(policy).values())

    def _shares(self, policy: Mapping[str, float]) -> dict[str, float]:
        spent = {
            "mean cosine": (self.mean, 1 - policy.get(COSINE_MEAN, -1.0)),
            "1st percentile": (self.tail, 1 - policy.get(COSINE_1ST_PERCENTILE, -1.0)),
            "score change": (self.score_change, policy.get(SCORE_CHANGE, 2.0)),
        }
        return {name: each / max(MARGIN * room, 1e-12) for name, (each, room) in spent.items()}

    def __str__(self) -> str:
        """In words."""
        return (
            f"mean cosine {1 - self.mean:.5f}, 1st percentile {1 - self.tail:.5f}, scores of pairs "
            f"changed by {self.score_change:.4f} (99th percentile)"
        )
