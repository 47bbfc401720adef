"""What a figure is: the facts that cards, judgement, baselines and reports read of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from suite.catalog.gate import Gate

Worse = Literal["lower", "higher", "either"]
Column = Literal["always", "measured"]

# Cosines and distances are of unit vectors in single precision.
ROUNDING = 1e-5


@dataclass(frozen=True)
class Tolerance:
    """How far a figure may lie from the accepted one, by kind of mode.

    ``fp32`` is jitter between machines and library versions alone: the pairs and the weights are
    the same. A quantized model jitters more, with the rounding of a runtime's kernels.
    """

    fp32: float
    quantized: float


@dataclass(frozen=True)
class Figure:
    """One figure that a gate measures.

    Attributes
    ----------
    name : what cards, records and baselines call it
    label : what the report calls it
    worse : which way is worse; ``"either"`` where only a change matters
    digits : digits after the point in tables
    gate : the gate that measures it
    unit : its unit; empty for a share, a count or a number without one
    tolerance : how far it may lie from the accepted one, or be itself where it is how far apart
        the same faces lie in one run; None where it is observed alone
    relative : whether the tolerance is a share of the accepted value
    row : of samples with such a tolerance, how many are of one input: these are a vector, and the
        tolerance is a share of its length; 0 of all else
    same_bits : the tolerance in its place where results must be the accepted ones to the last bits,
        as of the same file on a CPU; None where that is no matter
    across_versions : what the tolerance of a quantized mode is at least where another onnxruntime
        or onnx built the artifact
    only_worse_fails : whether better than accepted is never a failure
    is_share : whether it is a share of one or a cosine, which is never above 1
    least, most : what it can never be below or above, but for rounding; a share's most is 1
    drawn : what its 95 % interval is made of: people drawn again, or blocks of sessions timed;
        None where it has no interval
    column : whether the report's main table has a column for it, always or where it was measured
    far : the false accept rate that it resolves at: impostor pairs × ``far`` false accepts set its
        threshold; None where no threshold is set so
    rests_on : the TAR@FAR whose false accepts say whether it resolves; None where none do, as of a
        figure at a threshold that is kept
    of_fp32 : whether FP32 has it too, so that a policy may bound its loss
    since : the baseline format with which it came: what is older could not accept it
    """

    name: str
    label: str
    worse: Worse
    digits: int = 4
    gate: Gate = field(kw_only=True)
    unit: str = ""
    tolerance: Tolerance | None = None
    relative: bool = False
    row: int = 0
    same_bits: float | None = None
    across_versions: float = 0.0
    only_worse_fails: bool = False
    is_share: bool = False
    least: float = 0.0
    most: float = math.inf
    drawn: Literal["people", "blocks"] | None = None
    far: float | None = None
    rests_on: str | None = None
    column: Column | None = None
    of_fp32: bool = False
    since: int = 1

    @property
    def can_be_lost(self) -> bool:
        """Whether there is something to lose: FP32 has it too, and one direction is worse."""
        return self.of_fp32 and self.worse != "either"

    def impossible(self, value: float) -> str:
        """Why it can never be this value, in words; empty where it can."""
        most = min(self.most, 1.0) if self.is_share else self.most
        if not math.isfinite(value):
            return "is not a number"
        if self.relative and not self.row and value <= 0:  # no share of it can be taken
            return "must be above 0"
        if value < self.least - ROUNDING:
            return f"can never be below {self.least:g}"
        return f"can never be above {most:g}" if value > most + ROUNDING else ""

    def is_worse(self, difference: float) -> bool:
        """Whether a difference, measured − reference, is for the worse."""
        return self.loss(difference) > 0

    def loss(self, difference: float) -> float:
        """How much worse a difference makes it: positive is worse; 0 where a change is neither."""
        return {"higher": difference, "lower": -difference, "either": 0.0}[self.worse]


class Registry(dict[str, Figure]):
    """Figures by name."""

    def accepted(self, *figures: Figure) -> None:
        """Register figures that baselines hold.

        Raises
        ------
        ValueError
            where one has no default tolerance, or its name is taken.
        """
        self._held("a baseline holds it", figures)

    def repeated(self, *figures: Figure) -> None:
        """Register how far apart the same faces lie that are run in two ways; no baseline has it.

        Raises
        ------
        ValueError
            where one has no default tolerance, or its name is taken.
        """
        self._held("the same faces are held to one another", figures)

    def stood_in(self, *figures: Figure) -> None:
        """Register what is compared in place of figures that do not resolve; no baseline has it.

        Raises
        ------
        ValueError
            where one has no default tolerance, or its name is taken.
        """
        self._held("it is compared in place of another", figures)

    def observed(self, *figures: Figure) -> None:
        """Register figures that no baseline holds, though a policy may.

        Raises
        ------
        ValueError
            where one has a tolerance, which nothing would use, or its name is taken.
        """
        for figure in figures:
            if figure.tolerance is not None:
                raise ValueError(f"{figure.name}: no baseline holds it, so it needs no tolerance")
            self._add(figure)

    def _held(self, why: str, figures: Sequence[Figure]) -> None:
        for figure in figures:
            if figure.tolerance is None:
                raise ValueError(f"{figure.name}: {why}, so give it a tolerance")
            self._add(figure)

    def _add(self, figure: Figure) -> None:
        if figure.name in self:
            raise ValueError(f"{figure.name}: is registered twice")
        self[figure.name] = figure
