"""A run's verdict."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from suite.catalog.plan import PlannedGate
from suite.judging.changes.compared import Compared
from suite.judging.coverage import Coverage, Scope, Unjudged, in_words
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
    reach = Reach.of(records, planned, coverage)
    unended = "" if complete else "the run did not end"
    verdict, summary = conclude(
        records, [reach], unended=unended, outside=bool(outside), require_all=require_all
    )
    report = Report(
        complete=complete,
        seconds=seconds,
        verdict=verdict,
        summary=summary,
        recommended=recommend(records) if complete else (),
        environment=environment,
        appended=tuple(appended),
        require_all=require_all,
        scope=Scope.of(coverage),
        left_out=in_words(reach.left_out, coverage.whole),
        unjudged=coverage.unjudged,
        outside=tuple(outside),
        planned=tuple(planned),
        not_run=reach.not_run,
        compared=compared,
        records=(),
    )
    # Those come from their gates as texts that can be written.
    return report.shown().model_copy(update={"records": tuple(records)})


@dataclass(frozen=True)
class Reach:
    """How far a run came of what there was to be judged.

    Attributes
    ----------
    planned : how many gates were to run
    not_run : the node ids of those without a record
    whole : how many gates the catalog has
    left_out : those of them that were not to run
    missed : what is accepted and was not judged, where the run judged all that it selected
    """

    planned: int
    not_run: tuple[str, ...]
    whole: int
    left_out: tuple[PlannedGate, ...]
    missed: tuple[Unjudged, ...]

    @classmethod
    def of(cls, records: Sequence[Record], planned: Sequence[str], coverage: Coverage) -> "Reach":
        """The reach of a run with these records, by the node ids that it planned."""
        recorded = {record.node for record in records}
        left_out = coverage.left_out(records, planned)
        return cls(
            planned=len(planned),
            not_run=tuple(node for node in planned if node not in recorded),
            whole=len(coverage.whole),
            left_out=left_out,
            missed=coverage.unjudged if coverage.is_whole(left_out) else (),
        )


def conclude(
    records: Sequence[Record],
    reached: Sequence[Reach],
    *,
    unended: str,
    outside: bool,
    require_all: bool,
) -> tuple[Outcome, str]:
    """The verdict on all records with its reasons and counts.

    ``reached`` says how far each provider came, and ``unended`` that a run did not end, where one
    did not; ``outside`` is whether something failed that is no gate's.
    """
    not_run = sum(len(each.not_run) for each in reached)
    left_out = sum(len(each.left_out) for each in reached)
    missed = dict.fromkeys(each for reach in reached for each in reach.missed)
    reasons = [unended] if unended else []
    reasons += _of_records(records, require_all=require_all)
    if not_run:
        reasons.append(f"{not_run} of {sum(each.planned for each in reached)} gates did not run")
    if missed:
        reasons.append(f"{_entries(missed)} accepted and not judged")
    if outside:
        reasons.append("something failed outside the gates")
    if left_out and require_all:
        reasons.append("--require-all: gates were left out")
    said = _counted(records)
    summary = f"{'; '.join(reasons)} ({said})" if reasons else said
    if left_out:
        summary += f"; left out: {left_out} of {sum(each.whole for each in reached)} gates"
    return (Outcome.FAIL if reasons else Outcome.PASS), summary


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


def _entries(unjudged: Iterable[Unjudged]) -> str:
    count = sum(max(1, len(each.sections)) for each in unjudged)
    return f"{count} {'entry is' if count == 1 else 'entries are'}"


def is_gated(record: Record) -> bool:
    """Whether a record is of a gate that decided something."""
    recorded_only = not record.gate.judges_fp32 and not record.rows
    return record.outcome.measured_something and not recorded_only
