"""A run's verdict."""

from collections.abc import Iterator, Sequence

from suite.judging.changes.compared import Compared
from suite.judging.coverage import Coverage, Unjudged, in_words
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.judging.shipping.recommendation import recommend
from suite.report.model import Appended, Environment, Report

_NONE = Coverage()


def make_report(
    environment: Environment,
    records: Sequence[Record],
    *,
    complete: bool,
    require_all: bool,
    planned: Sequence[str] = (),
    appended: Sequence[Appended] = (),
    coverage: Coverage = _NONE,
    outside: Sequence[str] = (),
    compared: Compared | None = None,
    seconds: float = 0.0,
) -> Report:
    """Conclude on a run.

    The verdict is fail where a gate failed, nothing was gated, the run did not end, a planned gate
    has no record, something is accepted that no gate judges, something failed outside the gates, or
    ``require_all`` and a gate could not decide or was left out. Records come in the order of the
    plan, whichever worker ended first.
    """
    place = {node: index for index, node in enumerate(planned)}
    records = sorted(records, key=lambda record: place.get(record.node, len(place)))
    recorded = {record.node for record in records}
    not_run = tuple(node for node in planned if node not in recorded)
    left_out = coverage.left_out(records, planned)
    reasons = [] if complete else ["the run did not end"]
    reasons += _of_records(records, require_all=require_all)
    if not_run:
        reasons.append(f"{len(not_run)} of {len(planned)} gates did not run")
    if coverage.unjudged and coverage.is_whole(left_out):
        reasons.append(f"{_entries(coverage.unjudged)} accepted and not judged")
    if outside:
        reasons.append("something failed outside the gates")
    if left_out and require_all:
        reasons.append("--require-all: gates were left out")
    said = _counted(records)
    summary = f"{'; '.join(reasons)} ({said})" if reasons else said
    if left_out:
        summary += f"; left out: {len(left_out)} of {len(coverage.whole)} gates"
    return Report(
        complete=complete,
        seconds=seconds,
        verdict=Outcome.FAIL if reasons else Outcome.PASS,
        summary=summary,
        recommended=recommend(records) if complete else (),
        environment=environment,
        appended=tuple(appended),
        left_out=in_words(left_out, coverage.whole),
        unjudged=coverage.unjudged,
        outside=tuple(outside),
        not_run=not_run,
        compared=compared,
        records=tuple(records),
    )


def _of_records(records: Sequence[Record], *, require_all: bool) -> Iterator[str]:
    """Why the records alone make a run red."""
    failed = sum(record.outcome is Outcome.FAIL for record in records)
    if failed:
        yield f"{failed} of {len(records)} gates failed"
    if not any(is_gated(record) for record in records):
        yield "nothing was gated"
    if require_all and any(record.outcome.fails_when_all_required for record in records):
        yield "--require-all: not every gate passed"


def _counted(records: Sequence[Record]) -> str:
    """How many gates concluded what, and how many needed several attempts."""
    counts = {o: sum(r.outcome is o for r in records) for o in Outcome}
    words = [f"{count} {outcome}" for outcome, count in counts.items() if count]
    retried = sum(record.attempts > 1 for record in records)
    if retried:
        words.append(f"{retried} after several attempts")
    return ", ".join(words) or "no records"


def _entries(unjudged: Sequence[Unjudged]) -> str:
    count = sum(max(1, len(each.sections)) for each in unjudged)
    return f"{count} {'entry is' if count == 1 else 'entries are'}"


def is_gated(record: Record) -> bool:
    """Whether a record is of a gate that decided something."""
    recorded_only = not record.gate.judges_fp32 and not record.rows
    return record.outcome.measured_something and not recorded_only
