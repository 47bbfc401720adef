"""An outcome with its first line and the rows behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate
from suite.catalog.image_figures import ANGLE_CHANGES
from suite.judging.identity import IDENTITY_KEYS, Fact, Identity
from suite.judging.image_angles import ImageAngles
from suite.judging.kept_limits import KeptLimits
from suite.judging.origin import Origin
from suite.judging.outcome import Outcome
from suite.judging.record import Row

# The format with which sections came to keep layers.
LAYERS_SINCE = 3
# What comes to baselines says since which format: the newest of them is this suite's.
FORMAT = max(LAYERS_SINCE, *(each.since for each in (*FIGURES.values(), *Gate, *IDENTITY_KEYS)))


@dataclass(frozen=True)
class Entry:
    """An accepted section of a baseline.

    ``format`` is that of the suite which accepted it: what it did not know is not compared.
    ``versions`` are those of the libraries that it was accepted under, ``limits`` what its figures
    were then held to; None where an older suite kept no limits. ``identified`` is what hashes of
    its identity are of. ``on_request`` says that its model then ran where it was named alone, and
    ``mode_on_request`` that its mode did. ``layers`` are the signal-to-noise ratios of the
    artifact's layers in decibels, in the order of the network: nothing is judged by them, they say
    where an artifact lost that fails. ``in_float`` are the layers that its recipe put back in
    float, which are put so again as long as all that it is made of is the same, and ``trace`` how
    they were chosen. ``origin`` is what made its samples, and ``angles`` those of the images to
    FP32, from the side file.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    identity: Identity
    figures: Mapping[str, float]
    samples: Mapping[str, tuple[float, ...]]
    format: Annotated[int, Field(ge=1)] = 1
    versions: Mapping[str, str] = field(default_factory=dict)
    limits: KeptLimits | None = None
    on_request: bool = False
    mode_on_request: bool = False
    identified: Mapping[str, Mapping[str, Fact]] = field(default_factory=dict)
    layers: Mapping[str, float] = field(default_factory=dict)
    origin: Origin | None = None
    angles: ImageAngles | None = None
    in_float: tuple[str, ...] | None = None
    trace: tuple[str, ...] = ()

    @property
    def compared(self) -> frozenset[str]:
        """As `Measured.compared`."""
        return frozenset({*self.figures, *self.samples, *(ANGLE_CHANGES if self.angles else ())})

    @property
    def beside(self) -> tuple[object, ...]:
        """What is kept beside the figures, which an update takes over wherever it differs."""
        return (
            self.limits,
            self.identified,
            self.on_request,
            self.mode_on_request,
            self.origin and self.origin.artifact,
        )


@dataclass(frozen=True)
class Judgement:
    """The outcome, its first line, and the rows behind it.

    ``advice`` is given where accepting may be what is to be done; the first line ends with it.
    """

    outcome: Outcome
    headline: str
    rows: tuple[Row, ...] = ()
    advice: str = ""

    @property
    def sentence(self) -> str:
        """The first line."""
        return f"{self.headline}; {self.advice}" if self.advice else self.headline
