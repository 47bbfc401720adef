"""A run's verdict."""

from collections.abc import Sequence

from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.model import Appended, Environment, Report


def make_report(
    environment: Environment,
    records: Sequence[Record],
    *,
    complete: bool,
    require_all: bool,
    planned: Sequence[str] = (),
    appended: Sequence[Appended] = (),
) -> Report:
    """Conclude on a run.

    The verdict is fail where a gate failed, nothing was gated, the run did not end, a planned gate
    has no record, or ``require_all`` and a gate could not decide. Records come in the order of the
    plan, whichever worker ended first.
    """
    place = {node: index for index, node in enumerate(planned)}
    records = sorted(records, key=lambda record: place.get(record.node, len(place)))
    recorded = {record.node for record in records}
    not_run = tuple(node for node in planned if node not in recorded)
    counts = {o: sum(r.outcome is o for r in records) for o in Outcome}
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    reasons = [] if complete else ["the run did not end"]
    if counts[Outcome.FAIL]:
        reasons.append(f"{counts[Outcome.FAIL]} of {len(records)} gates failed")
    if not any(is_gated(record) for record in records):
        reasons.append("nothing was gated")
    if require_all and any(r.outcome.fails_when_all_required for r in records):
        reasons.append("--require-all: not every gate passed")
    if not_run:
        reasons.append(f"{len(not_run)} of {len(planned)} gates did not run")
    return Report(
        complete=complete,
        verdict=Outcome.FAIL if reasons else Outcome.PASS,
        summary=f"{'; '.join(reasons)} ({said or 'no records'})" if reasons else said,
        environment=environment,
        appended=tuple(appended),
        not_run=not_run,
        records=tuple(records),
    )


def is_gated(record: Record) -> bool:
    """Whether a record is of a gate that decided something."""
    recorded_only = not record.gate.judges_fp32 and not record.rows
    return record.outcome.measured_something and not recorded_only
