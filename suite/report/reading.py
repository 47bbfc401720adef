"""A finished report, read from its file, where it leaves nothing open."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from suite.catalog.errors import SuiteError
from suite.catalog.figures import impossible
from suite.catalog.files import is_there
from suite.catalog.json_file import Keys, UnreadableError, mistaken, read_file_as
from suite.judging.coverage import Scope
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.backend import Backends
from suite.report.model import Report
from suite.report.verdict import Reach, conclude

REPORT = "report.json"

_REPORT = TypeAdapter(Report)
_Values = Mapping[str, float | Sequence[float]]


def read_report(folder: Path) -> Report:
    """The report of a run that ended.

    Raises
    ------
    SuiteError
        where there is none, its run did not end, or it is damaged; by its key.
    """
    report = read_unfinished(folder)
    if not report.complete:
        raise SuiteError(
            where=folder / REPORT,
            what="the run did not end, so that it has no verdict; run the whole job again.",
        )
    return report


def read_one_backend(folder: Path) -> Report:
    """The report of a run that ended, or of such runs merged that were on one provider and profile.

    Raises
    ------
    SuiteError
        as `read_report`, and where it is of several, whose gates have the same names.
    """
    report = read_report(folder)
    if Backends(report.records).several:
        raise SuiteError(
            where=folder,
            what="is merged of runs on several providers or profiles; give one of these runs.",
        )
    return report


def read_unfinished(folder: Path) -> Report:
    """The report of a run, whether it ended or not; otherwise as `read_report`."""
    path = folder / REPORT
    if not is_there(path):
        raise SuiteError(
            where=path, what="there is no report; run the whole job, or give a run's report folder."
        )
    try:
        report = read_file_as(_REPORT, path)
        for index, record in enumerate(report.records):
            refuse_what_cannot_be(record, ("records", index))
        _refuse_what_is_there_twice(report)
        report = _with_what_is_missed(report)
        _refuse_a_lost_failure(report)
    except UnreadableError as error:
        raise SuiteError(
            where=path,
            what=f"is not a readable report of this version: {error}; run the whole job again.",
        ) from None
    return report


def _with_what_is_missed(report: Report) -> Report:
    """The report with the planned gates whose records are lost among those that did not run."""
    recorded = {record.node for record in report.records}
    missed = tuple(node for node in report.nodes if node not in recorded)
    if report.runs or set(missed) == set(report.not_run):
        return report
    return report.model_copy(update={"not_run": missed})


def _refuse_a_lost_failure(report: Report) -> None:
    """Refuse a report that failed and has nothing that did, as where a record was taken out.

    And one that did not fail and has a record that did, or a record that passed with a row that
    failed.
    """
    for index, record in enumerate(report.records):
        if record.outcome is Outcome.PASS and any(r.outcome is Outcome.FAIL for r in record.rows):
            what = "is not that of its rows (one fails)"
            raise mistaken(("records", index, "outcome"), record.outcome.value, what)
    failed = sum(record.outcome is Outcome.FAIL for record in report.records)
    if failed and report.verdict is not Outcome.FAIL:
        what = f"is not that of its records ({failed} fail)"
        raise mistaken(("verdict",), report.verdict.value, what)
    if report.runs or report.verdict is not Outcome.FAIL:
        return
    scope = report.scope or Scope()
    reach = Reach.of(report.records, report.nodes, scope.coverage(report.unjudged))
    verdict, counts = conclude(
        report.records,
        [reach],
        unended="" if report.complete else "the run did not end",
        outside=bool(report.outside),
        require_all=report.require_all,
    )
    if verdict is not Outcome.FAIL and not (report.require_all and report.left_out):
        raise mistaken(("verdict",), report.verdict.value, f"is not that of its records ({counts})")


def refuse_what_cannot_be(record: Record, keys: Keys) -> None:
    """Refuse a record with a figure that no measurement gives.

    Raises
    ------
    UnreadableError
        by its key, below those given.
    """
    for part, values in _values_of(record):
        if found := impossible(values):
            name, value, why = found
            raise mistaken((*keys, *part, name), value, why)


def _values_of(record: Record) -> Iterator[tuple[Keys, _Values]]:
    """The figures of a record, with the keys that lead to them."""
    if record.measured:
        for part in ("figures", "observed", "differences", "samples", "intervals"):
            yield ("measured", part), getattr(record.measured, part)
        yield ("measured", "reference"), record.measured.fp32
    for index, row in enumerate(record.rows):
        for part, value in (("reference", row.held_to), ("measured", row.measured)):
            if value is not None:
                yield ("rows", index, part), {row.metric: value}


def _refuse_what_is_there_twice(report: Report) -> None:
    # Gates have the same node id on every provider.
    seen: set[tuple[str, str, str]] = set()
    for index, record in enumerate(report.records):
        key = (record.provider, record.profile, record.node)
        if key in seen:
            raise mistaken(("records", index, "node"), record.node, "is there twice")
        seen.add(key)
