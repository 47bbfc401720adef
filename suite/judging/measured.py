"""What a gate measured."""

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from suite.catalog.figures import FIGURES
from suite.catalog.gate import Section
from suite.catalog.image_figures import ANGLE_CHANGES
from suite.judging.drawn import Closeness, ErrorCurve, OperatingPoint, PairKind, ScoreHistogram
from suite.judging.identity import Fact, IdentityValue
from suite.judging.image_angles import ImageAngles
from suite.judging.origin import Origin
from suite.judging.part import Count, Distance, Frozen


def _known(name: str) -> str:
    if name not in FIGURES:
        raise ValueError("is no figure of this suite")
    return name


def _section(name: str) -> str:
    if Section.parse(name) is None:
        raise ValueError("is no section of a baseline")
    return name


FigureName = Annotated[str, AfterValidator(_known)]


class Change(Frozen):
    """Mode minus FP32 of the same run, with its 95 % interval from paired resamples."""

    point: float
    low: float
    high: float


class Resolution(Frozen):
    """The impostor pairs behind a TAR@FAR, and how many of them set its threshold.

    ``people_pairs`` is how many distinct pairs of people those false accepts show, or of groups of
    images where nobody says who is who; None where nobody counted. ``flag`` says why it does not
    resolve; empty where it does.
    """

    far_target: float
    impostors: Count
    expected_false_accepts: Annotated[float, Field(ge=0)]
    false_accepts: Count
    people_pairs: Count | None = None
    flag: str


class Flip(Frozen):
    """A pair that FP32 and the mode decide otherwise.

    ``distance`` and ``fp32_distance`` are squared distances. ``own`` says whether the decision
    differs with each model's own accuracy threshold, ``kept`` with FP32's for both.
    """

    pair: Count
    left: str
    right: str
    genuine: bool
    fp32_distance: Distance
    distance: Distance
    own: bool
    kept: bool


class Uncertainty(Frozen):
    """How sure the figures of a set are.

    ``drawn`` is ``people``, or ``images`` where nobody says who is who: groups of images that
    genuine pairs connect, which makes intervals too short. ``units`` is how many there are.
    """

    drawn: str
    units: Count
    intervals: dict[FigureName, tuple[float, float]] = {}
    changes: dict[FigureName, Change] = {}
    resolution: dict[FigureName, Resolution] = {}

    def of_numbers(self) -> "Uncertainty":
        """As `Measured.of_numbers`."""
        known = _numbers({name: (c.point, c.low, c.high) for name, c in self.changes.items()})
        changes = {name: self.changes[name] for name in known}
        return self.model_copy(update={"intervals": _numbers(self.intervals), "changes": changes})


class StrayNode(Frozen):
    """A node that is not on the provider asked for; one that ``fell_back`` no card expects."""

    name: str
    op_type: str
    provider: str
    fell_back: bool


class ReferenceFigures(Frozen):
    """Figures that somebody else measured of the same model and mode, as its card gives them.

    Metrics by name, ``size_mib`` in MiB and ``latency_ms`` in milliseconds. ``doubts`` say what in
    them contradicts their protocol.
    """

    title: str
    figures: dict[str, float]
    doubts: tuple[str, ...] = ()


class Calibration(Frozen):
    """What an artifact was calibrated on.

    ``place`` is the file or folder as the set's card names it; ``people`` is None where nobody says
    who the images show; ``size`` is that of the median image.
    """

    dataset: str
    place: str
    images: Count
    people: Count | None
    size: str
    colour: str
    alignment: str


class LossSplit(Frozen):
    """How a loss of cosine to FP32 was split between the recipe and this runtime.

    ``faces`` is on how many; ``culprit`` what of the runtime costs more than the recipe, empty
    where nothing does; ``reason`` why they cannot be told apart, where they cannot.
    """

    faces: int = 0
    culprit: str = ""
    reason: str = ""


class StepTaken(Frozen):
    """A step of the recipe by which an artifact was built, as `quantization.artifact.StepDone`."""

    step: str
    places: Count
    difference: Annotated[float, Field(ge=0)] | None = None
    norm: Annotated[float, Field(ge=0)] | None = None
    left_out: bool = False
    trace: tuple[str, ...] = ()
    in_float: tuple[str, ...] | None = None
    as_accepted: bool = False


class Measured(Frozen):
    """What a gate measured: a section of the baseline is made of its identity, figures and samples.

    ``problem`` says why there are no figures, where there are none, ``disturbed`` why nothing can
    be concluded of those that were timed. ``observed`` are figures that
    no baseline holds, ``intervals`` the 95 % intervals on which a figure is judged. ``doubts`` say
    why it may not be of what it is called, ``remarks`` what else there is to say of a figure
    whatever the verdict, ``described`` what was measured, in words, and ``identified`` what hashes
    of its identity are of. ``fp32`` are FP32's figures in the same run, of which a loss is counted,
    ``differences`` how far apart the same faces lie that were run in two ways, ``quanta`` the steps
    that shares take with one pair of the set. ``curves``, ``scores`` and ``closeness`` are what a
    report draws, and no gate judges; of ``thresholds`` what is kept stands in for a TAR@FAR that
    does not resolve. ``pictures`` are faces by their name in these, JPEG in base64, where they were
    asked for. ``origin`` is what made the results, where it gives the same bits each time;
    ``angles`` are those of the images to FP32.
    """

    section: Annotated[str, AfterValidator(_section)]
    identity: dict[str, IdentityValue]
    identified: dict[str, dict[str, Fact]] = {}
    figures: dict[FigureName, float] = {}
    observed: dict[FigureName, float] = {}
    differences: dict[FigureName, float] = {}
    intervals: dict[FigureName, tuple[float, float]] = {}
    doubts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    strays: tuple[StrayNode, ...] = ()
    described: tuple[str, ...] = ()
    beside: tuple[ReferenceFigures, ...] = ()
    samples: dict[FigureName, tuple[float, ...]] = {}
    origin: Origin | None = None
    angles: ImageAngles | None = None
    fp32: dict[FigureName, float] = Field(default={}, alias="reference")
    uncertainty: Uncertainty | None = None
    quanta: dict[FigureName, Annotated[float, Field(gt=0, le=1)]] = {}
    flips: tuple[Flip, ...] = ()
    curves: dict[PairKind, ErrorCurve] = {}
    scores: dict[PairKind, ScoreHistogram] = {}
    thresholds: tuple[OperatingPoint, ...] = ()
    closeness: Closeness | None = None
    pictures: dict[str, str] = {}
    calibration: Calibration | None = None
    steps: tuple[StepTaken, ...] = ()
    split: LossSplit | None = None
    problem: str | None = None
    disturbed: str = ""

    def of_numbers(self) -> "Measured":
        """What can be written as JSON, which has no sign for what is not a number.

        What is left out is the problem of what is kept: however it is judged again, it fails.
        """
        parts = ("figures", "observed", "differences", "intervals", "samples", "fp32")
        kept: dict[str, Any] = {part: _numbers(getattr(self, part)) for part in parts}
        lost = {name for part in parts for name in getattr(self, part).keys() - kept[part].keys()}
        if self.uncertainty:
            kept["uncertainty"] = self.uncertainty.of_numbers()
            lost |= self.uncertainty.changes.keys() - kept["uncertainty"].changes.keys()
        if lost and not self.problem:
            labels = sorted(FIGURES[name].label for name in lost)
            kept["problem"] = f"measured as what is not a number: {', '.join(labels)}"
        return self.model_copy(update=kept)

    @property
    def said(self) -> tuple[str, ...]:
        """All that there is to say of it, whatever the verdict."""
        return (*self.doubts, *self.remarks)

    @property
    def compared(self) -> frozenset[str]:
        """The names of all that is held to what is accepted."""
        return frozenset({*self.figures, *self.samples, *(ANGLE_CHANGES if self.angles else ())})

    @property
    def known(self) -> dict[str, float]:
        """Every figure that was measured, held in baselines or observed alone."""
        return {**self.observed, **self.figures}


def _numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in values.items()
        if all(map(math.isfinite, value if isinstance(value, tuple) else (value,)))
    }
