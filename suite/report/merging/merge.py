"""One report of several runs: shards that complete one another, and providers side by side."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from suite.catalog.gate import Gate
from suite.catalog.plan import PlannedGate
from suite.judging.changes.compared import Compared
from suite.judging.coverage import Coverage, Unjudged, in_words, planned_gate
from suite.judging.record import Record
from suite.judging.shipping.recommendation import recommend
from suite.report.backend import Backend, names_of
from suite.report.merging.contradictions import one_of, refuse_contradictions
from suite.report.merging.run import Run
from suite.report.model import Report
from suite.report.verdict import Reach, conclude


def merge(runs: Sequence[Run], *, require_all: bool = False) -> Report:
    """The report of at least one run, the same in whichever order they are given.

    The verdict is that of a run with all these records: what one shard left out and another of the
    same provider and profile judged is not left out. What was required of one run is required of
    all.

    Raises
    ------
    SuiteError
        where runs contradict one another, as `refuse_contradictions` and `one_of`.
    """
    runs = _distinct(runs)
    refuse_contradictions(runs)
    by_backend: dict[Backend, list[Run]] = {}
    for run in runs:
        by_backend.setdefault(run.backend, []).append(run)
    parts = {backend: _part(mine) for backend, mine in by_backend.items()}
    names = names_of(parts) if len(parts) > 1 else {}
    records = tuple(record for part in parts.values() for record in part.records)
    complete = all(run.report.complete for run in runs)
    require_all = require_all or any(run.report.require_all for run in runs)
    outside = dict.fromkeys(what for run in runs for what in run.report.outside)
    verdict, summary = conclude(
        records,
        [part.reach for part in parts.values()],
        unended=_unended(runs),
        outside=bool(outside),
        require_all=require_all,
    )
    unjudged = dict.fromkeys(each for part in parts.values() for each in part.coverage.unjudged)
    return Report(
        complete=complete,
        seconds=round(sum(run.report.seconds for run in runs), 3),
        verdict=verdict,
        summary=summary,
        recommended=recommend(records) if complete else (),
        environment=runs[0].environment,
        runs=tuple(run.summary for run in runs),
        require_all=require_all,
        left_out=tuple(
            f"{names[backend]}: {words}" if names else words
            for backend, part in parts.items()
            for words in in_words(part.reach.left_out, part.coverage.whole)
        ),
        unjudged=tuple(unjudged),
        outside=tuple(outside),
        not_run=tuple(
            f"{node} ({names[backend]})" if names else node
            for backend, part in parts.items()
            for node in part.reach.not_run
        ),
        compared=_compared([run.report.compared for run in runs]),
        records=records,
    )


def _distinct(runs: Iterable[Run]) -> list[Run]:
    """The runs in their own order, each once."""
    found: list[Run] = []
    for run in sorted(runs, key=lambda run: run.place):
        if all(run.report != other.report for other in found):
            found.append(run)
    return found


def _unended(runs: Sequence[Run]) -> str:
    count = sum(not run.report.complete for run in runs)
    if count and len(runs) > 1:
        return f"{count} of {len(runs)} runs did not end"
    return "the run did not end" if count else ""


@dataclass(frozen=True)
class _Part:
    """What the runs of one provider and profile come to together."""

    records: Sequence[Record]
    coverage: Coverage
    reach: Reach


def _part(runs: Sequence[Run]) -> _Part:
    scopes = [run.scope.coverage() for run in runs]
    whole = dict.fromkeys(gate for each in scopes for gate in each.whole)
    selected = dict.fromkeys(gate for each in scopes for gate in each.selected)
    taken = _taken(runs)
    ordered = _in_order({*taken, *whole, *selected})
    records = [taken[gate] for gate in ordered if gate in taken]
    unjudged = _judged_no_more((each for run in runs for each in run.report.unjudged), records)
    coverage = Coverage(tuple(whole), tuple(selected), tuple(unjudged))
    # A gate's node id begins with where a run was started; its name is the same.
    nodes = {node.rpartition("::")[2]: node for run in runs for node in run.report.not_run}
    recorded = {gate.name for gate in taken}
    names = [gate.name for gate in ordered if gate.name in nodes]
    missed = [nodes[name] for name in dict.fromkeys([*names, *nodes]) if name not in recorded]
    planned = [*(record.node for record in records), *missed]
    reach = Reach.of(records, planned, coverage)
    # What fails a run that judged all that it selected fails the whole, whatever another left out.
    alone = _judged_no_more((each for run in runs for each in run.reach.missed), records)
    whole_missed = tuple(dict.fromkeys([*reach.missed, *alone]))
    return _Part(records, coverage, replace(reach, missed=whole_missed))


def _in_order(gates: Iterable[PlannedGate]) -> list[PlannedGate]:
    """Gates in the order in which one run has them: by case, FP32 first."""
    # FP32 alone is held to no fidelity, whatever it is called.
    found = list(gates)
    near = {(gate.model, gate.mode) for gate in found if gate.gate is Gate.FIDELITY}
    of_fp32 = {(gate.model, gate.mode) for gate in found} - near

    def place(gate: PlannedGate) -> tuple[str, bool, str, str]:
        return gate.model, (gate.model, gate.mode) not in of_fp32, gate.mode, gate.name

    return sorted(found, key=place)


def _taken(runs: Sequence[Run]) -> dict[PlannedGate, Record]:
    """A record for each gate that any run has one of."""
    taken: dict[PlannedGate, tuple[Run, Record]] = {}
    for run in runs:
        for record in run.records:
            gate = planned_gate(record)
            if gate in taken:
                kept = one_of(*taken[gate], run, record)
                taken[gate] = (run if kept is record else taken[gate][0], kept)
            else:
                taken[gate] = (run, record)
    return {gate: record for gate, (_, record) in taken.items()}


def _judged_no_more(found: Iterable[Unjudged], records: Sequence[Record]) -> Iterator[Unjudged]:
    """What is accepted and a run did not judge, without the sections that another of them did."""
    judged = {
        (record.baseline, record.measured.section)
        for record in records
        if record.measured and record.baseline
    }
    for each in dict.fromkeys(found):
        mine = {section for baseline, section in judged if each.file.endswith(f"/{baseline}")}
        left = tuple(section for section in each.sections if section not in mine)
        if left or not each.sections:
            yield each.model_copy(update={"sections": left})


def _compared(found: Sequence[Compared | None]) -> Compared | None:
    """What the branch did: what all runs say, or all that any of them does."""
    known = list({each.model_dump_json(): each for each in found if each}.values())
    if len(known) < 2:
        return known[0] if known else None
    done = [each for each in known if not each.why_not]
    if not done:
        reasons = dict.fromkeys(each.why_not for each in known)
        return Compared(why_not="; ".join(reasons))
    changes = dict.fromkeys(change for each in done for change in each.changes)
    return Compared(
        base=", ".join(dict.fromkeys(each.base for each in done)),
        commit=done[0].commit,
        changes=tuple(sorted(changes, key=lambda change: not change.harmful)),
    )
