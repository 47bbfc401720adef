"""A row of somebody's results."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# The figures that a [[reference]] row of a card has, by its keys, in the order of a card.
SHARES = ("accuracy", "tar_at_far_1e-3", "tar_at_far_1e-4", "roc_auc")
FIGURES = (*SHARES, "size_mib", "latency_ms")


@dataclass(frozen=True)
class Claim:
    """What somebody says of a model in a mode.

    Attributes
    ----------
    place : the file, and the line or the keys in it
    table : which rows are of one table and one model: its place, and the model where it names some
    about : what stands above the table, as ``FaceNet (LFW, 2026-02-09)``, and the model
    mode : the id of a mode's card
    dataset : the id of a dataset's card; None where nothing says which
    on_gpu : whether it says that a GPU ran it
    figures : by the names in `FIGURES`: shares of 1, MiB, milliseconds
    decimals : of each share, how many digits after the point it was given with
    speedup : how many times FP32's speed it says it has
    """

    place: str
    table: str
    about: str
    mode: str
    dataset: str | None
    on_gpu: bool
    figures: Mapping[str, float]
    decimals: Mapping[str, int] = field(default_factory=dict)
    speedup: float | None = None


@dataclass(frozen=True)
class Reading:
    """What a file gave.

    Attributes
    ----------
    claims : its rows
    mistakes : a sentence a cell or row that could not be read
    remarks : a sentence each on what was left out, and on what was taken for granted
    """

    claims: tuple[Claim, ...] = ()
    mistakes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def __add__(self, other: "Reading") -> "Reading":
        """Both, each remark once."""
        return Reading(
            self.claims + other.claims,
            self.mistakes + other.mistakes,
            tuple(dict.fromkeys(self.remarks + other.remarks)),
        )
