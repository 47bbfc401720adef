"""A run that is to be merged with others."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from suite.catalog.errors import SuiteError
from suite.catalog.files import is_folder
from suite.judging.coverage import Scope
from suite.judging.record import Record
from suite.report.backend import Backend
from suite.report.model import Environment, MergedRun, Report
from suite.report.rebuilding import rebuild
from suite.report.verdict import Reach


@dataclass(frozen=True)
class Run:
    """A run's report, with what messages call it: its folder.

    ``notes`` say what of its folder is not in the report.
    """

    name: str
    report: Report
    notes: tuple[str, ...] = ()

    @property
    def environment(self) -> Environment:
        """Where it was made."""
        return self.report.environment

    @property
    def backend(self) -> Backend:
        """The provider and profile that it was made on."""
        return Backend(self.environment.provider, self.environment.profile)

    @property
    def scope(self) -> Scope:
        """What it had to judge."""
        return self.report.scope or Scope()

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """Its records, also of gates that broke and so did not know their profile."""
        of_backend = {"provider": self.backend.provider, "profile": self.backend.profile}
        return tuple(record.model_copy(update=of_backend) for record in self.report.records)

    @property
    def reach(self) -> Reach:
        """How far it came alone."""
        nodes = [*(record.node for record in self.records), *self.report.not_run]
        return Reach.of(self.records, nodes, self.scope.coverage(self.report.unjudged))

    @cached_property
    def place(self) -> tuple[object, ...]:
        """What runs are sorted by: in whichever order they were given, the merge is the same."""
        concluded = tuple((record.node, record.outcome) for record in self.report.records)
        return self.backend, self.environment.started, self.environment.command, concluded

    @property
    def summary(self) -> MergedRun:
        """What the merged report says of it."""
        report = self.report
        return MergedRun(
            environment=report.environment,
            appended=report.appended,
            complete=report.complete,
            seconds=report.seconds,
            verdict=report.verdict,
            summary=report.summary,
        )


def read_run(folder: Path) -> Run:
    """The run of a folder, that of a killed one from its records.

    Raises
    ------
    SuiteError
        where there is no report or it is damaged, where it is merged itself, and where an older
        suite wrote it, which did not keep what there was to be judged.
    """
    if not is_folder(folder):
        raise SuiteError(where=folder, what="there is no such folder; give a run's report folder.")
    rebuilt = rebuild(folder)
    if rebuilt.report.runs:
        raise SuiteError(
            where=folder, what="is merged of several runs itself; give those that it is merged of."
        )
    if rebuilt.report.scope is None:
        raise SuiteError(
            where=folder,
            what="was written by an older suite, which did not keep what there was to be judged; "
            "run the gates again.",
        )
    return Run(str(folder), rebuilt.report, rebuilt.notes)
