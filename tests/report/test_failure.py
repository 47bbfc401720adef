"""What a red gate prints."""

from records import record
from reports import INT8

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.report.failure import failure_message


def test_a_red_gate_says_cause_rows_and_command() -> None:
    lines = failure_message(INT8[1]).splitlines()
    assert lines[0] == "verification: m int8 on lfw: not as accepted: Accuracy"
    assert lines[1] == "  likely cause: noise"
    assert [line.split()[0] for line in lines[3:6]] == ["metric", "Accuracy", "ROC"]
    assert lines[-1] == "reproduce: pytest --models=m --modes=int8 -k test_verification"


def test_a_gate_that_require_all_fails_says_what_it_concluded() -> None:
    given = record(Gate.FIDELITY, Outcome.NOT_COMPARED, "accepted on cpu-other", mode="int8")
    first = failure_message(given).splitlines()[0]
    assert first == "fidelity: m int8: not compared: accepted on cpu-other"
