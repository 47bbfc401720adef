"""What was not decided, and what did not run."""

from collections.abc import Sequence

from suite.judging.record import Record
from suite.report.backend import Backends
from suite.report.reference import by_its_name
from suite.report.tables import markdown


def undecided(records: Sequence[Record]) -> list[str]:
    """The section of gates that could not decide."""
    found = [record for record in records if record.outcome.decided_nothing]
    if not found:
        return []
    backends = Backends(records)
    rows = [
        (
            *(r.gate, r.model, r.mode, r.dataset or ""),
            *([backends.names[backends.of(r)]] if backends.several else []),
            str(r.outcome),
            *by_its_name([r.headline], r.precision),
        )
        for r in found
    ]
    on = ("Provider",) if backends.several else ()
    header = ("Gate", "Model", "Mode", "Dataset", *on, "Outcome", "Why")
    return ["## What was not decided", "", *markdown(header, rows), ""]


def not_run(nodes: Sequence[str]) -> list[str]:
    """The section of gates without a record."""
    if not nodes:
        return []
    return ["## What did not run", "", *(f"- `{node}`" for node in nodes), ""]
