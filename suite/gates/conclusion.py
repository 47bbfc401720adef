"""The record of a gate's conclusion, and how it reaches the report."""

import pytest

from suite.catalog.case import Case
from suite.catalog.gate import Gate
from suite.judging.attempts import merged
from suite.judging.record import Record

# One an attempt; None until it has concluded.
_ATTEMPTS = pytest.StashKey[list[Record | None]]()
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
    record = Record.model_validate(
        {
            "gate": gate,
            "node": node,
            **of_case,
            "dataset": dataset,
            "provider": provider,
            "rerun": rerun,
            "profile": "",
            "precision": model.source.precision,
            "of_fp32": case.mode.is_fp32,
            "on_request": model.on_request,
            "mode_on_request": case.mode_on_request,
            **rest,
        }
    )
    return record.shown()


def begin_attempt(item: pytest.Item) -> None:
    """Note that a gate is run, for the first time or again by a plugin that retries."""
    _attempts(item).append(None)


def attach(item: pytest.Item, record: Record) -> None:
    """Give the attempt that goes on its record."""
    attempts = _attempts(item)
    load = getattr(item, "callspec").params.get("load") if hasattr(item, "callspec") else None  # noqa: B009
    attempts[-1:] = [record.model_copy(update={"load": load})]


def attached(item: pytest.Item) -> Record | None:
    """The record of a gate whose attempt has concluded, merged with those of earlier ones."""
    *earlier, last = _attempts(item) or [None]
    return last and merged([*filter(None, earlier), last])


def _attempts(item: pytest.Item) -> list[Record | None]:
    return item.stash.setdefault(_ATTEMPTS, [])


def send(record: Record, report: pytest.TestReport) -> None:
    """Put a record where xdist carries it and JUnit XML has nothing of it."""
    setattr(report, _SENT, record.model_dump_json())


def received(report: pytest.TestReport) -> Record | None:
    """The record that a report carries."""
    sent = getattr(report, _SENT, None)
    return None if sent is None else Record.model_validate_json(sent)
