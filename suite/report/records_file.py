"""The records of a run as they came, a JSON line each, beside its report."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from suite.catalog.errors import SuiteError
from suite.catalog.files import is_there, read_file
from suite.catalog.json_file import LARGEST, UnreadableError, parse_json, read_as
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.model import Report
from suite.report.reading import REPORT, refuse_what_cannot_be

RECORDS = "records.jsonl"
_RECORD = TypeAdapter(Record)


def read_records(folder: Path, notes: list[str]) -> Iterator[Record]:
    """The records of a run's folder; none where they are not there.

    A last line that was cut short as the run died is left out, and noted.

    Raises
    ------
    SuiteError
        where another line is no record.
    """
    path = folder / RECORDS
    if not is_there(path):
        return
    lines = read_file(path, LARGEST).splitlines(keepends=True)
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


def lost_records(folder: Path, report: Report) -> list[str]:
    """The node ids of gates that the records have and the report of the same run has not.

    Raises
    ------
    SuiteError
        where a gate failed by the records and did not by the report; otherwise as `read_records`.
    """
    kept = {record.node: record for record in read_records(folder, [])}
    known = {record.node: record for record in report.records}
    for node, record in kept.items():
        if record.outcome is Outcome.FAIL and node in known:
            outcome = known[node].outcome
            if outcome is not Outcome.FAIL:
                raise SuiteError(
                    where=folder / REPORT,
                    what=f"says {outcome} of {node}, which failed by {RECORDS} beside it; run the "
                    "whole job again.",
                )
    return [node for node in kept if node not in known]


def _record(line: bytes) -> Record:
    try:
        record = read_as(_RECORD, parse_json(line.decode()))
    except UnicodeDecodeError:
        raise UnreadableError("it is not text in UTF-8") from None
    refuse_what_cannot_be(record, ())
    return record.shown()
