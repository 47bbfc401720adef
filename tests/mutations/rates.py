"""How many harmful mutations the gates catch: rates whose unit is the kind, not the cell."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from tests.mutations.cell import Cell

_RESAMPLES = 2000


@dataclass(frozen=True)
class Rate:
    """A rate with its 95 % interval, of so many kinds and cells; the interval is of kinds."""

    caught: int
    cells: int
    kinds: int
    rate: float
    low: float
    high: float

    def __str__(self) -> str:
        """As a table has it."""
        return (
            f"{self.rate:.1%} ({self.low:.1%} to {self.high:.1%}), {self.caught} of {self.cells} "
            f"cells of {self.kinds} kinds"
        )


def is_judged(cell: Cell) -> bool:
    """Whether a cell counts: it harms, and is no choice that a team may make."""
    return bool(cell.harmful) and not cell.benign


def rate(cells: Iterable[Cell], caught: Callable[[Cell], bool]) -> Rate | None:
    """The rate at which harmful cells are caught; None where there are none.

    Each kind counts once: the share of its harmful cells, over doses and models, that is caught.
    Kinds are drawn with replacement, because cells of one kind fail together (percentile
    bootstrap, Efron and Tibshirani 1993, with clusters as units). Where all or none are caught
    no draw differs, and the end is that of Clopper and Pearson (1934) for so many kinds.

    >>> rate([], lambda cell: True) is None
    True
    """
    by_kind: dict[str, list[bool]] = {}
    for cell in cells:
        if is_judged(cell):
            by_kind.setdefault(cell.kind, []).append(caught(cell))
    if not by_kind:
        return None
    shares = np.array([np.mean(found) for found in by_kind.values()])
    draws = np.random.default_rng(0).integers(len(shares), size=(_RESAMPLES, len(shares)))
    low, high = np.percentile(shares[draws].mean(axis=1), [2.5, 97.5])
    rarest = 0.025 ** (1 / len(shares))
    if shares.min() == 1:
        low = rarest
    if shares.max() == 0:
        high = 1 - rarest
    every = [each for found in by_kind.values() for each in found]
    return Rate(sum(every), len(every), len(shares), float(shares.mean()), float(low), float(high))
