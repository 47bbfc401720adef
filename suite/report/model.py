"""A run's report as data."""

from collections.abc import Set
from typing import Annotated, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from suite.judging.changes.compared import Compared
from suite.judging.coverage import Scope, Unjudged
from suite.judging.outcome import Outcome
from suite.judging.part import Count, Frozen
from suite.judging.record import Record
from suite.judging.shipping.recommendation import Recommendation
from suite.report.history import PastRun
from suite.report.layers import WeighedLayers

# The older versions have fewer fields, each of which has a default.
SchemaVersion = Literal[1, 2]
SCHEMA_VERSION: SchemaVersion = 2
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


class Environment(Frozen):
    """Where and on what a run was made; ``unproved`` says so of a profile without baselines.

    ``commit`` and ``branch`` are those of the catalog's git repository, or of the one that the run
    was started in; empty where there is none.
    """

    started: str
    command: str
    suite: str
    catalog: str
    provider: str
    profile: str
    cpu: str
    device: str
    cores: Count
    threads_embedding: Count
    threads_latency: Count
    platform: str
    python: str
    versions: dict[str, str]
    workers: Count = 0
    unproved: str = ""
    commit: str = ""
    branch: str = ""

    @property
    def onnxruntime(self) -> str:
        """The onnxruntime that it was run under, with its version."""
        return f"onnxruntime {self.versions.get('onnxruntime', 'of no known version')}"

    @property
    def place(self) -> str:
        """Of what commit it was run, and on what, on one line."""
        of = f"{f'branch {self.branch}, ' if self.branch else ''}commit {self.commit[:7]}, "
        on = f"{self.provider}, {self.profile}, {self.device}, {self.onnxruntime}"
        return f"{of if self.commit else ''}{on}"

    def differs_from(self, other: "Environment", but: Set[str] = frozenset()) -> list[str]:
        """What two runs must share for one report, ``but`` some fields, and do not, in words."""
        mine: dict[str, object] = {name: getattr(self, name) for name in _SHARED if name not in but}
        theirs: dict[str, object] = {name: getattr(other, name) for name in mine}
        if "versions" not in but:
            mine |= self.versions
            theirs |= other.versions
        return [
            f"{name} was {theirs.get(name)!r}, is {mine.get(name)!r}"
            for name in mine | theirs
            if theirs.get(name) != mine.get(name)
        ]


class Appended(Frozen):
    """A later run that completed the report."""

    started: str
    command: str


class MergedRun(Frozen):
    """A run that a report was merged of, with what it came to alone."""

    environment: Environment
    appended: tuple[Appended, ...] = ()
    complete: bool
    seconds: Annotated[float, Field(ge=0)] = 0.0
    verdict: Outcome
    summary: str


class Report(Frozen):
    """The whole of a run, or of several that were merged, as ``report.json`` holds it.

    Attributes
    ----------
    seconds : how long it took, with the runs that completed it
    recommended : which mode of each model to ship; nothing of a run that did not end
    environment : where the run was made; of several the first's
    runs : those that it was merged of, each with its environment; none of a run's own report
    require_all : whether what was skipped, left out or not decided fails it
    scope : what the run had to judge; None of a merged report, and of one by an older suite
    left_out : the gates of the catalog that this run was not to go through, in words
    unjudged : what is accepted and has no gate
    outside : what failed in the run and is no gate's
    planned : the node ids of the gates that were to run, so that a record that is lost is missed;
        nothing of a merged report, and of one by an older suite
    not_run : gates without a record
    compared : what changed in cards and baselines since a base, with what the run accepted where it
        ended; None where an older suite's run did not end
    history : the runs before, as `--history` names their file; ``report.json`` has them not
    layers : what layers cost, as the folder holds it beside ``report.json``, which has it not
    """

    schema_version: SchemaVersion = SCHEMA_VERSION
    complete: bool
    seconds: Annotated[float, Field(ge=0)] = 0.0
    verdict: Outcome
    summary: str
    recommended: tuple[Recommendation, ...] = ()
    environment: Environment
    appended: tuple[Appended, ...] = ()
    runs: tuple[MergedRun, ...] = ()
    require_all: bool = False
    scope: Scope | None = None
    left_out: tuple[str, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    outside: tuple[str, ...] = ()
    planned: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()
    compared: Compared | None = None
    history: SkipJsonSchema[tuple[PastRun, ...]] = Field(default=(), exclude=True, repr=False)
    layers: SkipJsonSchema[WeighedLayers] = Field(default=WeighedLayers(), exclude=True, repr=False)
    records: tuple[Record, ...]

    @property
    def environments(self) -> tuple[Environment, ...]:
        """Where it was made: one environment, or those of the runs that it was merged of."""
        return tuple(run.environment for run in self.runs) or (self.environment,)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The node ids of all gates that were to run or have a record, each once."""
        recorded = (record.node for record in self.records)
        return tuple(dict.fromkeys([*self.planned, *recorded, *self.not_run]))

    def environment_on(self, provider: str, profile: str) -> Environment:
        """The first of its environments with a provider and a profile; its own where none has."""
        found = (e for e in self.environments if (e.provider, e.profile) == (provider, profile))
        return next(found, self.environment)

    @property
    def holds_faces(self) -> bool:
        """Whether it has pictures of faces, which are biometric data."""
        return any(record.measured and record.measured.pictures for record in self.records)

    @property
    def concluded(self) -> str:
        """The verdict with its reasons and counts, on one line."""
        return f"{self.verdict.upper()}: {self.summary}"
