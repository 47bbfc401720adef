"""A report made again of what its folder holds, also where its run was killed."""

from dataclasses import dataclass
from pathlib import Path

from suite.catalog.errors import SuiteError
from suite.judging.coverage import Scope
from suite.judging.outcome import Outcome
from suite.report.model import Report
from suite.report.reading import REPORT, read_unfinished
from suite.report.records_file import lost_records, read_records
from suite.report.verdict import make_report


@dataclass(frozen=True)
class Rebuilt:
    """A report, and what its folder held that is not in it, in words."""

    report: Report
    notes: tuple[str, ...] = ()


def rebuild(folder: Path) -> Rebuilt:
    """The report of a run's folder.

    That of a run that ended is as it was, and so is one that was merged. That of a killed one is
    concluded anew from its records, which ``report.json`` may lag behind by some seconds; it still
    says that the run did not end.

    Raises
    ------
    SuiteError
        where there is no report, it or a record is damaged, or it did not fail and lacks a record.
        A last line that was cut short as the run died is left out.
    """
    # What an older suite wrote may hold what steers a terminal.
    found = read_unfinished(folder).shown()
    if found.complete and not found.runs:
        _refuse_a_lost_record(folder, found)
    if found.complete or found.runs:
        return Rebuilt(found)
    notes: list[str] = []
    records = {record.node: record for record in found.records}
    records |= {record.node: record for record in read_records(folder, notes)}
    scope = found.scope or Scope()
    report = make_report(
        found.environment,
        tuple(records.values()),
        complete=False,
        require_all=found.require_all,
        planned=found.nodes,
        appended=found.appended,
        coverage=scope.coverage(found.unjudged),
        outside=found.outside,
        compared=found.compared,
        seconds=found.seconds,
    )
    if found.compared and any(record.accepted for record in records.values()):
        notes.append(f"{folder}: what the run accepted is not in the comparison with the base")
    if found.scope is None:
        report = report.model_copy(update={"left_out": found.left_out, "scope": None})
    return Rebuilt(report, tuple(notes))


def _refuse_a_lost_record(folder: Path, report: Report) -> None:
    lost = (*report.not_run, *lost_records(folder, report))
    if lost and report.verdict is not Outcome.FAIL:
        raise SuiteError(
            where=folder / REPORT,
            what=f"says {report.verdict} and has no record of {lost[0]}; run the whole job again.",
        )
