"""``metrics.json``: a run's figures in one level, for what draws them over many runs."""

import json
from collections.abc import Iterator, Sequence

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.backend import Backends
from suite.report.model import Report


def to_metrics(report: Report) -> str:
    """The figures as a JSON object of numbers, sorted by key."""
    return json.dumps(metrics(report), indent=2) + "\n"


def metrics(report: Report) -> dict[str, float]:
    """Each figure by ``<model>.<mode>[.<dataset>][.batch<n>].<figure>``, and the gates counted.

    Where the report is of several providers or profiles, ``<provider>.<profile>.`` comes first.
    What counts gates has a key without a point, so that no model's id is like it.
    """
    found = {"gates": float(len(report.records)), "gates_not_run": float(len(report.not_run))}
    for outcome in Outcome:
        key = f"gates_{outcome.value.replace(' ', '_')}"
        found[key] = float(sum(record.outcome is outcome for record in report.records))
    backends = Backends(report.records)
    for record in report.records:
        backend = backends.of(record)
        found.update(
            _of_record(record, (backend.provider, backend.profile) if backends.several else ())
        )
    return {key: _whole(found[key]) for key in sorted(found)}


def _of_record(record: Record, of: Sequence[str]) -> Iterator[tuple[str, float]]:
    measured = record.measured
    if measured is None:
        return
    batch = measured.identity.get("batch") if record.gate is Gate.LATENCY else None
    case = [*of, record.model, record.mode, record.dataset, batch and f"batch{batch}"]
    place = ".".join(str(part) for part in case if part)
    for name, value in (*measured.known.items(), *measured.differences.items()):
        yield f"{place}.{name}", value


def _whole(value: float) -> float:
    """A count without a point."""
    return int(value) if value.is_integer() else value
