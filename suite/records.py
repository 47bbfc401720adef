"""What a gate measured, accepted, allowed and concluded: the one record everything else reads."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 1
_SHARED = ("suite", "catalog", "provider", "profile", "cpu", "cores", "platform", "python")


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
    """

    metric: str
    against: str
    reference: float | None
    measured: float | None
    difference: float | None
    limit: float
    outcome: Outcome


class Measured(Frozen):
    """What a gate measured: a section of the baseline is made of it.

    ``problem`` says why there are no figures, where there are none.
    """

    section: str
    identity: dict[str, str | int]
    figures: dict[str, float] = {}
    samples: dict[str, tuple[float, ...]] = {}
    reference: dict[str, float] = {}
    problem: str | None = None


class Record(Frozen):
    """One gate's conclusion on one model, mode and dataset.

    ``hashes`` are the SHA-256 of what was really at work: source, artifact, calibration, dataset.
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
    fails_fp32_policy: bool = False
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
