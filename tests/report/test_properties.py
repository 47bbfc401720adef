"""The property that a CI shows of a record."""

from records import record

from suite.catalog.gate import Gate
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.report.properties import property_of


def test_a_property_is_named_by_its_test_and_has_the_main_figures() -> None:
    measured = Measured(
        section="verification.lfw",
        identity={},
        figures={"roc_auc": 0.9, "accuracy": 0.99, "tar_at_far_1e-3": 0.5},
    )
    given = record(Gate.VERIFICATION, Outcome.PASS, "as accepted", mode="int8").model_copy(
        update={"node": "x/test_verification.py::test_verification[m-int8-lfw]"}
        | {"measured": measured}
    )
    assert property_of(given) == (
        "test_verification[m-int8-lfw]",
        "m int8: pass: as accepted; Accuracy 0.990000; TAR@FAR=1e-3 0.5000",
    )


def test_a_property_is_short_and_one_line() -> None:
    given = record(Gate.ARTIFACT, Outcome.FAIL, f"broke:\n{'a' * 5000}", mode="int8")
    _, value = property_of(given)
    assert value.startswith("m int8: fail: broke: aaa")
    assert value.endswith("aaa…")
    assert len(value) < 250


def test_a_source_of_halves_is_not_called_fp32() -> None:
    measured = Measured(section="fidelity.lfw", identity={}, figures={"cosine_mean": 0.99})
    given = record(Gate.FIDELITY, Outcome.PASS, "as accepted", mode="int8").model_copy(
        update={"measured": measured, "precision": "float16"}
    )
    assert property_of(given)[1].endswith("Mean cosine to float16 source 0.99000")
