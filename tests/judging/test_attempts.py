"""Several attempts of one gate make one record, which says so."""

from types import SimpleNamespace

import pytest
from records import record

from suite.catalog.gate import Gate
from suite.gates.conclusion import attach, attached, begin_attempt
from suite.judging.attempts import merged
from suite.judging.outcome import Outcome


def test_one_attempt_is_itself() -> None:
    only = record()
    assert merged([only]) == only


def test_what_passed_at_the_third_attempt_says_why_it_failed_before() -> None:
    slow = record(Gate.LATENCY, Outcome.FAIL, "not as accepted: Speed-up")
    made = merged([slow, slow, record(Gate.LATENCY)])
    assert (made.outcome, made.attempts) == (Outcome.PASS, 3)
    assert made.notes == (
        "passed at the third attempt",
        "an earlier attempt: fail: not as accepted: Speed-up",
    )


def test_what_failed_to_the_last_says_how_often() -> None:
    broke = record(outcome=Outcome.FAIL, headline="the gate broke")
    made = merged([broke] * 12)
    assert made.notes[0] == "failed at the 12th attempt"


def test_what_an_earlier_attempt_accepted_stays_so_and_what_it_refused_too() -> None:
    first = record(outcome=Outcome.PASS, accepted=True, notes=("size: 1 → 2",), unacceptable=True)
    made = merged([first, record()])
    assert made.accepted
    assert made.unacceptable
    assert made.notes[0] == "size: 1 → 2"


def test_an_attempt_that_broke_has_not_the_record_of_the_one_before() -> None:
    item = SimpleNamespace(stash=pytest.Stash())
    begin_attempt(item)
    attach(item, record(outcome=Outcome.FAIL, headline="first"))
    begin_attempt(item)
    assert attached(item) is None
    attach(item, record())
    assert attached(item).notes == (
        "passed at the second attempt",
        "an earlier attempt: fail: first",
    )
