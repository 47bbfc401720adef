"""The record of a gate's conclusion, and how it reaches the report."""

import pytest

from suite.catalog.case import Case
from suite.catalog.gate import Gate
from suite.judging.record import Record

RECORD = "face_quant_record"


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
    """Put a record where xdist and JUnit carry it."""
    item.user_properties.append((RECORD, record.model_dump_json()))


def attached(item: pytest.Item) -> bool:
    """Whether a gate has its record already."""
    return any(name == RECORD for name, _ in item.user_properties)
