"""A run's verdict: every reason for a red one, by hand-made records."""

import pytest
from records import ENVIRONMENT, record, row

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.model import Report
from suite.report.verdict import is_gated, make_report


def report(*records: Record, complete: bool = True, require_all: bool = False, **more) -> Report:
    return make_report(ENVIRONMENT, records, complete=complete, require_all=require_all, **more)


def test_all_that_passes_is_green_with_its_count() -> None:
    made = report(record(), record(Gate.FINGERPRINT))
    assert (made.verdict, made.summary) == (Outcome.PASS, "2 pass")


@pytest.mark.parametrize(
    ("records", "options", "said"),
    [
        ([record(), record(Gate.FINGERPRINT, Outcome.FAIL)], {}, "1 of 2 gates failed"),
        ([], {}, "nothing was gated"),
        ([record(outcome=Outcome.SKIPPED)], {}, "nothing was gated"),
        ([record(outcome=Outcome.DEFERRED)], {}, "nothing was gated"),
        ([record(Gate.LATENCY)], {}, "nothing was gated"),
        ([record()], {"complete": False}, "the run did not end"),
        ([record()], {"planned": ("x",)}, "1 of 1 gates did not run"),
        (
            [record(), record(Gate.FIDELITY, Outcome.UNDECIDED)],
            {"require_all": True},
            "--require-all: not every gate passed",
        ),
    ],
)
def test_each_reason_for_a_red_run_is_said(records, options, said: str) -> None:
    made = report(*records, **options)
    assert made.verdict is Outcome.FAIL
    assert said in made.summary


@pytest.mark.parametrize(
    ("outcome", "red"),
    [
        (Outcome.UNDECIDED, True),
        (Outcome.NOT_COMPARED, True),
        (Outcome.DEFERRED, True),
        (Outcome.SKIPPED, True),
        (Outcome.NOT_APPLICABLE, False),
    ],
)
def test_what_require_all_makes_red(outcome: Outcome, red: bool) -> None:
    records = (record(), record(Gate.FIDELITY, outcome))
    assert report(*records).verdict is Outcome.PASS
    made = report(*records, require_all=True)
    assert made.verdict is (Outcome.FAIL if red else Outcome.PASS)


def test_records_come_in_the_order_of_the_plan() -> None:
    first, second = record(), record(Gate.FINGERPRINT)
    made = report(second, first, planned=(first.node, second.node, "lost"))
    assert made.records == (first, second)
    assert made.not_run == ("lost",)


def test_latency_of_fp32_decides_nothing_and_a_speed_up_does() -> None:
    assert not is_gated(record(Gate.LATENCY))
    assert is_gated(record(Gate.LATENCY, rows=(row("speedup"),)))
