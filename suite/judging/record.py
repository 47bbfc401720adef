"""What a gate measured, accepted, allowed and concluded: the one record everything else reads."""

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from suite.catalog.gate import Gate
from suite.catalog.source import Precision
from suite.catalog.table import CardId
from suite.judging.kept_limits import KeptLimits
from suite.judging.measured import FigureName, Measured
from suite.judging.outcome import Outcome
from suite.judging.part import Frozen


class Against(StrEnum):
    """What a figure is held against.

    The accepted one (measured − accepted within ± limit), FP32 of the same run (a loss of at most
    the limit), a floor (at least the limit), or itself: the same faces run in another way of the
    same run (apart by at most the limit).
    """

    BASELINE = "baseline"
    FP32 = "fp32"
    FLOOR = "floor"
    ITSELF = "itself"

    @property
    def label(self) -> str:
        """How tables say it."""
        return {Against.BASELINE: "accepted", Against.FP32: "FP32"}.get(self, self.value)

    def allowed(self, limit: str) -> str:
        """How tables say what a limit allows."""
        signs = {
            Against.BASELINE: "±",
            Against.FP32: "loss ≤",
            Against.FLOOR: "≥",
            Against.ITSELF: "≤",
        }
        return f"{signs[self]} {limit}"


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _interval(ends: tuple[float, float] | None) -> tuple[float, float] | None:
    return ends if ends is not None and all(map(math.isfinite, ends)) else None


# JSON has no sign for what is not a number.
_Number = Annotated[float | None, AfterValidator(_number)]
_Interval = Annotated[tuple[float, float] | None, AfterValidator(_interval)]


class Row(Frozen):
    """One figure held against one limit.

    ``held_to`` is the accepted value, FP32's, or the floor; None against itself. ``difference`` is
    in the figure's own unit, or a share of the accepted value where its tolerance is one.
    ``interval`` is that of the difference, where it is judged on one.
    """

    metric: FigureName
    against: Against
    held_to: _Number = Field(alias="reference")
    measured: _Number
    difference: _Number
    limit: Annotated[float, Field(ge=0)]
    outcome: Outcome
    interval: _Interval = None


# A file in a profile's and a model's folder, which no path may leave.
_ID = "[a-z0-9][a-z0-9_.-]*"
_BASELINE = rf"^({_ID}/{_ID}/{_ID}\.json)?$"


class Record(Frozen):
    """One gate's conclusion on one model, mode and dataset.

    ``precision`` is what the weights of the model's source are in, which is called FP32 where it
    is, and ``limits`` what the figures were held to; ``eased`` says where those are looser than
    the built-in mode's. ``hashes`` are the SHA-256 of what was really at work: source, artifact,
    calibration, dataset.
    ``baseline`` is the file below ``baselines/`` that would accept what was measured; it is empty
    where nothing may. ``load`` is latency's alone. A gate is ``taken_away`` that a mark or another
    plugin skipped; ``attempts`` is how often it was run, of which the last one counts. A model is
    run ``on_request`` where it is named alone, and ``mode_on_request`` where its mode is. An
    ``unacceptable`` record keeps its whole case from being accepted; ``accepted`` says that this
    run wrote it into the baseline, ``refused`` that it was to and did not.
    """

    gate: Gate
    node: str
    model: CardId
    family: str
    mode: CardId
    dataset: CardId | None = None
    load: str | None = None
    provider: CardId
    profile: str
    outcome: Outcome
    headline: str
    measured: Measured | None = None
    rows: tuple[Row, ...] = ()
    limits: KeptLimits = KeptLimits()
    eased: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unacceptable: bool = False
    accepted: bool = False
    refused: bool = False
    taken_away: bool = False
    on_request: bool = False
    mode_on_request: bool = False
    attempts: Annotated[int, Field(ge=1)] = 1
    baseline: Annotated[str, Field(pattern=_BASELINE)] = ""
    precision: Precision = "float32"
    hashes: dict[str, str] = {}
    of_fp32: bool | None = None
    rerun: str = ""
    seconds: Annotated[float, Field(ge=0)] = 0.0

    @property
    def is_fp32(self) -> bool:
        """Whether its mode is FP32; an older suite, which does not say so, took no other's charts.

        Of its records the fingerprint's alone tell.
        """
        return self.gate is Gate.FINGERPRINT if self.of_fp32 is None else self.of_fp32


def fp32_modes(records: Iterable[Record]) -> frozenset[str]:
    """The modes that are FP32, whatever they are called.

    >>> fp32_modes([])
    frozenset({'fp32'})
    """
    return frozenset(r.mode for r in records if r.is_fp32) or _USUAL


_USUAL = frozenset({"fp32"})
