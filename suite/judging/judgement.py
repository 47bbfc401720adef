"""An outcome with its first line and the rows behind it."""

from collections.abc import Mapping
from dataclasses import dataclass

from suite.judging.outcome import Outcome
from suite.judging.record import Row


@dataclass(frozen=True)
class Entry:
    """An accepted section of a baseline."""

    identity: Mapping[str, str | int]
    figures: Mapping[str, float]
    samples: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Judgement:
    """The outcome, its first line, and the rows behind it."""

    outcome: Outcome
    headline: str
    rows: tuple[Row, ...]
