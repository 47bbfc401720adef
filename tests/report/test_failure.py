"""What a red gate prints."""

from records import record, row
from reports import INT8

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.judging.record import Against
from suite.report.failure import brief, failure_message


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


def test_a_brief_begins_with_the_figure_and_how_it_moved() -> None:
    moved = row("roc_auc", Outcome.FAIL, reference=0.99, value=0.93, limit=0.0005)
    near = row("accuracy", Outcome.FAIL, reference=0.99, value=0.985)
    red = record(Gate.VERIFICATION, Outcome.FAIL, "not as accepted: x", rows=(near, moved))
    assert brief(red) == "ROC AUC 0.99000 → 0.93000 (-0.06000; ± 0.0005): not as accepted: x"


def test_a_brief_names_what_the_policy_forbids_before_what_moved() -> None:
    moved = row("roc_auc", Outcome.FAIL, reference=0.99, value=0.5, limit=0.0005)
    floor = row(
        *("cosine_mean", Outcome.FAIL),
        **{"against": Against.FLOOR, "reference": 0.98, "value": 0.95, "limit": 0.98},
    )
    red = record(Gate.FIDELITY, Outcome.FAIL, "it costs too much", rows=(moved, floor))
    assert brief(red) == "Mean cosine to FP32 0.95000 (≥ 0.98): it costs too much"


def test_a_brief_of_samples_says_how_far_off_and_of_a_broken_gate_what_broke() -> None:
    off = row("tensor", Outcome.FAIL, reference=None, value=None, limit=0.001)
    off = off.model_copy(update={"difference": 2.0})
    red = record(Gate.FINGERPRINT, Outcome.FAIL, "not as accepted", rows=(off,))
    assert brief(red) == "Preprocessed tensor 2.00000 off (± 0.001): not as accepted"
    broken = record(Gate.FINGERPRINT, Outcome.FAIL, "the gate broke:\nValueError")
    assert brief(broken) == "the gate broke: ValueError"
