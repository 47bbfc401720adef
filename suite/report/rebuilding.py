"""A report made again of what its folder holds, also where its run was killed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from suite.catalog.errors import SuiteError
from suite.catalog.files import is_there
from suite.catalog.json_file import UnreadableError, parse_json, read_as
from suite.judging.coverage import Scope
from suite.judging.record import Record
from suite.report.folder import RECORDS
from suite.report.model import Report
from suite.report.reading import read_unfinished, refuse_what_cannot_be
from suite.report.verdict import make_report

_RECORD = TypeAdapter(Record)


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
        where there is no report, or it or a record is damaged. A last line that was cut short as
        the run died is left out.
    """
    # What an older suite wrote may hold what steers a terminal.
    found = read_unfinished(folder).shown()
    if found.complete or found.runs:
        return Rebuilt(found)
    notes: list[str] = []
    records = {record.node: record for record in found.records}
    records |= {record.node: record for record in _records(folder / RECORDS, notes)}
    planned = dict.fromkeys([*(record.node for record in found.records), *found.not_run])
    scope = found.scope or Scope()
    report = make_report(
        found.environment,
        tuple(records.values()),
        complete=False,
        require_all=found.require_all,
        planned=tuple(planned),
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


def _records(path: Path, notes: list[str]) -> Iterator[Record]:
    if not is_there(path):
        return
    lines = path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        try:
            yield _record(line)
        except UnreadableError as error:
            if number < len(lines):
                raise SuiteError(
                    where=path,
                    what=f"line {number} is not a readable record of this version: {error}; "
                    "run the whole job again.",
                ) from None
            notes.append(f"{path}: the last line was cut short and is left out")


def _record(line: bytes) -> Record:
    try:
        record = read_as(_RECORD, parse_json(line.decode()))
    except UnicodeDecodeError:
        raise UnreadableError("it is not text in UTF-8") from None
    refuse_what_cannot_be(record, ())
    return record.shown()
