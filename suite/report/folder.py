"""Keeping a run's records and writing its report, whole at every moment."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from suite.catalog.errors import SuiteError, visible
from suite.catalog.files import write_whole
from suite.catalog.fresh import append_to, remove
from suite.catalog.lock import Lock
from suite.judging.changes.compared import Compared
from suite.judging.coverage import Coverage
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.files import FILES, in_use, write_json, write_report, writing_report
from suite.report.history import PastRun
from suite.report.model import Appended, Environment, Report
from suite.report.named import named
from suite.report.names import NAMES, Names
from suite.report.reading import REPORT, read_report
from suite.report.records_file import RECORDS, lost_records
from suite.report.verdict import make_report

PROPOSED = "proposed-baselines"
# Between two writings of an unfinished report: so long, and so many times what one took.
_PAUSE_SECONDS = 5.0
_PAUSE_SHARE = 20


class ReportFolder:
    """A run's report folder: records as they come, and the report made of them.

    A record is one more line of ``records.jsonl``. ``report.json`` is written as the folder is
    opened, now and then while records come, and at the end, so that a killed run leaves a valid one
    that says it did not end; the files beside it are there only of a run that ended in its own way.
    Nothing of the run before stays. With ``append`` the records of the run before are kept and
    completed. No other run may write there until the folder is closed. ``report`` is the one
    concluded last. ``compare`` says what changed in cards and baselines: as the folder is opened,
    and once the run has ended where it accepted anything. ``names`` hides the names of images and
    people in all that is written, and is itself written beside it; None shows them. ``past`` are
    the runs before, which files of the report may show.

    Raises
    ------
    SuiteError
        where another run writes there, the folder cannot be written, or there is no report that may
        be appended to; what is there then stays.
    """

    def __init__(
        self,
        folder: Path,
        environment: Environment,
        *,
        require_all: bool,
        append: bool = False,
        coverage: Coverage | None = None,
        compare: Callable[[], Compared] | None = None,
        names: Names | None = None,
        past: Sequence[PastRun] = (),
    ) -> None:
        self.folder = folder
        self._environment = environment
        self._require_all = require_all
        self._records: dict[str, Record] = {}
        self._planned: dict[str, None] = {}
        self._appended: tuple[Appended, ...] = ()
        self._died: set[str] = set()
        self._coverage = coverage or Coverage()
        self._outside: dict[str, None] = {}
        self._compare = compare
        self._compared: Compared | None = None
        self._compared_with: tuple[str, ...] = ()
        self._names = names
        self._written_names = 0
        self._past = tuple(past)
        self._next_writing = 0.0
        self._recorded_anew = False
        self._began = time.monotonic()
        self._earlier_seconds = 0.0
        self._lock = Lock(folder / ".lock")
        try:
            with writing_report(folder):
                if not self._lock.acquire(wait=False):
                    raise in_use(folder)
                self._open(append=append)
        except SuiteError:
            self.close()
            raise

    def close(self) -> None:
        """Let other runs write there."""
        self._lock.release()

    def _open(self, *, append: bool) -> None:
        if append:
            try:
                before = read_report(self.folder)
                lost = lost_records(self.folder, before)
                self._take_over(before if self._names else named(before, self.folder))
                self._planned.update(dict.fromkeys(lost))
            except SuiteError as error:
                raise SuiteError(f"--report-append: {error}") from None
        for name in (*FILES, *(() if append else (NAMES,))):
            (self.folder / name).unlink(missing_ok=True)
        self._compared = self._compare() if self._compare else None
        self._write_records()
        self._write_unfinished()
        remove(self.folder / PROPOSED)

    def _write_records(self) -> None:
        lines = [record.model_dump_json() + "\n" for record in self._records.values()]
        write_whole(self.folder / RECORDS, "".join(lines), alone=True)

    @property
    def records(self) -> Sequence[Record]:
        """What has been recorded, one record for each gate."""
        return tuple(self._records.values())

    def records_of(self, nodes: Iterable[str]) -> Sequence[Record]:
        """The records of some gates, in their order."""
        named = map(visible, nodes)
        return [self._records[node] for node in named if node in self._records]

    @property
    def not_run(self) -> Sequence[str]:
        """The planned gates that have no record."""
        return [node for node in self._planned if node not in self._records]

    def plan(self, nodes: Iterable[str]) -> None:
        """Name the gates that are to run, so that those that do not are missed."""
        self._planned.update(dict.fromkeys(map(visible, nodes)))
        with writing_report(self.folder):
            self._write_unfinished()

    def add(self, record: Record, *, worker_died: bool = False) -> None:
        """Keep a record, and from time to time write the report that holds so far.

        A gate whose worker died stays failed: xdist runs it again elsewhere, which is a note. What
        a completing run skips stays as it was.
        """
        if record.taken_away and record.node in self._records:
            return
        if self._names:
            record = self._names.hidden_in_record(record)
        if worker_died:
            self._died.add(record.node)
        elif record.node in self._died:
            said = f"run again on another worker: {record.outcome}, {record.headline}"
            record = self._records[record.node].model_copy(update={"notes": (said,)})
        self._recorded_anew |= record.node in self._records
        self._records[record.node] = kept = self._refused(record) or record
        with writing_report(self.folder):
            with append_to(self.folder / RECORDS) as stream:
                stream.write(f"{kept.model_dump_json()}\n".encode())
            if time.monotonic() >= self._next_writing:
                self._write_unfinished()

    def fail_outside(self, what: str) -> None:
        """Note a failure that is in no gate's record, so that the verdict is one too."""
        self._outside[self._names.hidden_in(what) if self._names else what] = None

    def conclude(self, *, complete: bool) -> Outcome:
        """What the run comes to so far; nothing is written."""
        accepted = tuple(each.node for each in self.records if each.accepted)
        if complete and self._compare and accepted != self._compared_with:
            self._compared, self._compared_with = self._compare(), accepted
        self.report = make_report(
            self._environment,
            self.records,
            complete=complete,
            require_all=self._require_all,
            planned=tuple(self._planned),
            appended=self._appended,
            coverage=self._coverage,
            outside=tuple(self._outside),
            compared=self._compared,
            seconds=round(self._earlier_seconds + time.monotonic() - self._began, 3),
        )
        if complete:
            self.report = self.report.model_copy(update={"history": self._past})
        return self.report.verdict

    def write(self, *, complete: bool) -> Outcome:
        """Write the report of a run that ends, with the files beside it; give back the verdict."""
        verdict = self.conclude(complete=complete)
        with writing_report(self.folder):
            if self._recorded_anew:  # a line a gate, the last one
                self._write_records()
            self._write_names()
            write_report(self.folder, self.report)
        return verdict

    def _write_unfinished(self) -> None:
        began = time.monotonic()
        self.conclude(complete=False)
        self._write_names()
        write_json(self.folder, self.report)
        now = time.monotonic()
        self._next_writing = now + max(_PAUSE_SECONDS, _PAUSE_SHARE * (now - began))

    def _write_names(self) -> None:
        if self._names and len(self._names.known) != self._written_names:
            self._names.write(self.folder)
            self._written_names = len(self._names.known)

    def _take_over(self, report: Report) -> None:
        if report.runs:
            raise SuiteError(
                where=self.folder / REPORT,
                what="is merged of several runs; complete one of these, and merge them again.",
            )
        differences = self._environment.differs_from(report.environment)
        if differences:
            raise SuiteError(
                where=self.folder / REPORT,
                what=f"is of another environment ({'; '.join(differences)}); run the whole job "
                "again here.",
            )
        now = Appended(started=self._environment.started, command=self._environment.command)
        self._appended = (*report.appended, now)
        self._environment = report.environment
        self._earlier_seconds = report.seconds
        self._records = {record.node: record for record in report.records}
        self._outside.update(dict.fromkeys(report.outside))
        unjudged = dict.fromkeys([*report.unjudged, *self._coverage.unjudged])
        self._coverage = replace(self._coverage, unjudged=tuple(unjudged))
        self._planned.update(dict.fromkeys(report.nodes))

    def _refused(self, record: Record) -> Record | None:
        """A failure in a record's place where the run before measured something else."""
        if not self._appended:
            return None
        for earlier in self._records.values():
            if (earlier.model, earlier.mode) != (record.model, record.mode):
                continue
            for name in earlier.hashes.keys() & record.hashes.keys():
                of_dataset = name == "dataset" and earlier.dataset != record.dataset
                if not of_dataset and earlier.hashes[name] != record.hashes[name]:
                    headline = (
                        f"not appended: its {name} is {record.hashes[name][:12]}…, the run before "
                        f"measured {earlier.hashes[name][:12]}…; run the whole job again"
                    )
                    return record.model_copy(
                        update={
                            "outcome": Outcome.FAIL,
                            "headline": headline,
                            "measured": None,
                            "rows": (),
                        }
                    )
        return None
