"""The record of a gate's conclusion, and how it reaches the report."""

import pytest

from suite.catalog.case import Case
from suite.catalog.gate import Gate
from suite.judging.record import Record

_RECORD = pytest.StashKey[Record]()
_SENT = "face_quant_record"


def concluded(
    gate: Gate,
    case: Case,
    dataset: str | None,
    node: str,
    rerun: str,
    provider: str,
    **rest: object,
) -> Record:
    """A record of one gate on one case; ``rest`` are the other fields of `Record`."""
    model = case.model
    of_case = {"model": model.id, "family": model.family, "mode": case.mode.id}
    return Record.model_validate(
        {
            "gate": gate,
            "node": node,
            **of_case,
            "dataset": dataset,
            "provider": provider,
            "rerun": rerun,
            "profile": "",
            "precision": model.source.precision,
            **rest,
        }
    )


def attach(item: pytest.Item, record: Record) -> None:
    """Give a gate its record."""
    item.stash[_RECORD] = record


def attached(item: pytest.Item) -> Record | None:
    """The record of a gate that has concluded."""
    return item.stash.get(_RECORD, None)


def send(record: Record, report: pytest.TestReport) -> None:
    """Put a record where xdist carries it and JUnit XML has nothing of it."""
    setattr(report, _SENT, record.model_dump_json())


def received(report: pytest.TestReport) -> Record | None:
    """The record that a report carries."""
    sent = getattr(report, _SENT, None)
    return None if sent is None else Record.model_validate_json(sent)
