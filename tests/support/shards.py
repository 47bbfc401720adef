"""A made run of every gate, and shards of it, for tests of what puts them together."""

from collections.abc import Iterable, Sequence

from records import ENVIRONMENT, measured, record

from suite.catalog.gate import Gate
from suite.catalog.plan import PlannedGate
from suite.judging.coverage import Coverage
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.merging.run import Run
from suite.report.model import Environment
from suite.report.verdict import make_report

SETS = ("cfp", "lfw")


def gates(models: Iterable[str], modes: Iterable[str] = ("fp32", "int8")) -> list[PlannedGate]:
    """Every gate of some models in some modes on `SETS`, in the order in which a run has them."""
    modes = list(modes)
    return [
        gate
        for model in models
        for mode in modes
        for gate in sorted(_of_case(model, mode), key=lambda gate: gate.name)
    ]


def _of_case(model: str, mode: str) -> list[PlannedGate]:
    return [
        PlannedGate(gate, model, mode, dataset, load)
        for gate in Gate
        if gate.of_fp32 or mode != "fp32"
        for dataset in (SETS if gate.per_dataset else (None,))
        for load in gate.loads or (None,)
    ]


def node_of(gate: PlannedGate) -> str:
    return f"suite/gates/test_{gate.gate}.py::{gate.name}"


def record_of(gate: PlannedGate, outcome: Outcome = Outcome.PASS, **rest: object) -> Record:
    """The record of a gate, with hashes of what it is of where it measured anything."""
    section = {"section": f"latency.a.1.2.{gate.load}"} if gate.load else {}
    if outcome.measured_something:
        hashes = {"source": f"{gate.model}-source", "artifact": f"{gate.model}-{gate.mode}"}
        hashes |= {"dataset": f"{gate.dataset}-faces"} if gate.dataset else {}
        found = measured(gate.gate, gate.dataset, **section)
        rest = {"measured": found, "hashes": hashes, **rest}
    return record(
        gate.gate,
        outcome,
        f"{outcome} it is",
        **{"model": gate.model, "mode": gate.mode, "dataset": gate.dataset},
        **{"load": gate.load, "node": node_of(gate), **rest},
    )


def run_of(
    name: str,
    records: Sequence[Record],
    whole: Sequence[PlannedGate],
    selected: Sequence[PlannedGate] | None = None,
    *,
    environment: Environment = ENVIRONMENT,
    planned: Sequence[str] = (),
    unjudged: Sequence[object] = (),
    complete: bool = True,
    **rest: object,
) -> Run:
    """A run with these records of a catalog with these gates."""
    coverage = Coverage(
        tuple(whole), tuple(whole if selected is None else selected), tuple(unjudged)
    )
    planned = planned or [each.node for each in records]
    rest.setdefault("require_all", False)
    made = make_report(
        environment, records, complete=complete, planned=planned, coverage=coverage, **rest
    )
    return Run(name, made)
