"""What a gate measured, accepted, allowed and concluded: the one record everything else reads."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 1
_SHARED = (
    "suite",
    "catalog",
    "provider",
    "profile",
    "cpu",
    "device",
    "cores",
    "platform",
    "python",
)


class Outcome(StrEnum):
    """What a gate concluded."""

    PASS = "pass"
    FAIL = "fail"
    UNDECIDED = "undecided"
    NOT_COMPARED = "not compared"
    NOT_APPLICABLE = "not applicable"
    DEFERRED = "deferred"
    SKIPPED = "skipped"

    @property
    def fails_when_all_required(self) -> bool:
        """Whether ``--require-all`` makes it a failure."""
        return self not in (Outcome.PASS, Outcome.NOT_APPLICABLE)


class Frozen(BaseModel):
    """A part of a record."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Row(Frozen):
    """One metric held against one limit.

    ``against`` is ``baseline`` (measured − accepted within ± limit), ``fp32`` (loss against FP32
    of the same run at most limit) or ``floor`` (measured at least limit). ``difference`` is in the
    metric's own unit, or a share of the accepted value where the metric's tolerance is one.
    ``interval`` is that of the difference, where it is judged on one.
    """

    metric: str
    against: str
    reference: float | None
    measured: float | None
    difference: float | None
    limit: float
    outcome: Outcome
    interval: tuple[float, float] | None = None


class Change(Frozen):
    """Mode minus FP32 of the same run, with its 95 % interval from paired resamples."""

    point: float
    low: float
    high: float


class Resolution(Frozen):
    """The impostor pairs behind a TAR@FAR, and how many of them set its threshold."""

    far_target: float
    impostors: int
    expected_false_accepts: float
    false_accepts: int
    flag: str


class Flip(Frozen):
    """A pair that FP32 and the mode decide otherwise.

    ``distance`` and ``fp32_distance`` are squared distances. ``own`` says whether the decision
    differs with each model's own accuracy threshold, ``kept`` with FP32's for both.
    """

    pair: int
    left: str
    right: str
    genuine: bool
    fp32_distance: float
    distance: float
    own: bool
    kept: bool


class Uncertainty(Frozen):
    """How sure the figures of a set are.

    ``drawn`` is ``people``, or ``images`` where nobody says who is who: groups of images that
    genuine pairs connect, which makes intervals too short. ``units`` is how many there are.
    """

    drawn: str
    units: int
    intervals: dict[str, tuple[float, float]] = {}
    changes: dict[str, Change] = {}
    resolution: dict[str, Resolution] = {}


class StrayNode(Frozen):
    """A node that is not on the provider asked for; one that ``fell_back`` no card expects."""

    name: str
    op_type: str
    provider: str
    fell_back: bool


class Beside(Frozen):
    """Figures that somebody else measured of the same model and mode, as its card gives them.

    Metrics by name, ``size_mib`` in MiB and ``latency_ms`` in milliseconds.
    """

    title: str
    figures: dict[str, float]


class Measured(Frozen):
    """What a gate measured: a section of the baseline is made of its identity, figures and samples.

    ``problem`` says why there are no figures, where there are none. ``observed`` are figures that
    nothing is compared with, ``intervals`` the 95 % intervals on which a figure is judged, and
    ``remarks`` what the report says of a figure whatever the verdict; ``described`` says what was
    measured, in words.
    """

    section: str
    identity: dict[str, str | int]
    figures: dict[str, float] = {}
    observed: dict[str, float] = {}
    intervals: dict[str, tuple[float, float]] = {}
    remarks: tuple[str, ...] = ()
    strays: tuple[StrayNode, ...] = ()
    described: tuple[str, ...] = ()
    beside: tuple[Beside, ...] = ()
    samples: dict[str, tuple[float, ...]] = {}
    reference: dict[str, float] = {}
    uncertainty: Uncertainty | None = None
    flips: tuple[Flip, ...] = ()
    problem: str | None = None


class Record(Frozen):
    """One gate's conclusion on one model, mode and dataset.

    ``hashes`` are the SHA-256 of what was really at work: source, artifact, calibration, dataset.
    ``baseline`` is the file below ``baselines/`` that would accept what was measured; it is empty
    where nothing may. An ``unacceptable`` record keeps its whole case from being accepted.
    """

    gate: str
    node: str
    model: str
    family: str
    mode: str
    dataset: str | None = None
    provider: str
    profile: str
    outcome: Outcome
    headline: str
    measured: Measured | None = None
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    unacceptable: bool = False
    baseline: str = ""
    hashes: dict[str, str] = {}
    rerun: str = ""
    seconds: float = 0.0


class Environment(Frozen):
    """Where and on what a run was made."""

    started: str
    command: str
    suite: str
    catalog: str
    provider: str
    profile: str
    cpu: str
    device: str
    cores: int
    threads_embedding: int
    threads_latency: int
    platform: str
    python: str
    versions: dict[str, str]
    workers: int = 0

    def differs_from(self, other: "Environment") -> list[str]:
        """What two runs must share for one report, and do not; each as a readable difference."""
        return [
            f"{name} was {getattr(other, name)!r}, is {getattr(self, name)!r}"
            for name in (*_SHARED, "versions")
            if getattr(self, name) != getattr(other, name)
        ]


class Appended(Frozen):
    """A later run that completed the report."""

    started: str
    command: str


class Report(Frozen):
    """The whole of a run, as ``report.json`` holds it; ``not_run`` are gates without a record."""

    schema_version: int = SCHEMA_VERSION
    complete: bool
    verdict: Outcome
    summary: str
    environment: Environment
    appended: tuple[Appended, ...] = ()
    not_run: tuple[str, ...] = ()
    records: tuple[Record, ...]
