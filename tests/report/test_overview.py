"""The terminal's table of cases."""

from records import record
from reports import FP32, INT8

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.report.overview import overview_lines


def test_the_worst_case_comes_first_with_what_matters_of_it() -> None:
    header, first, second = overview_lines([*FP32, *INT8])
    assert header.split()[-1] == "outcome"
    assert first.startswith("m ") and first.split()[1] == "int8"
    for cell in ("0.9850", "1.90", "FAIL: verification; undecided: latency"):
        assert cell in first
    assert second.split()[1] == "fp32"


def test_of_many_cases_the_rest_is_counted() -> None:
    many = [record(Gate.ARTIFACT, Outcome.PASS, model=f"m{n}") for n in range(45)]
    lines = overview_lines(many)
    assert len(lines) == 42
    assert lines[-1] == "… and 5 other cases"


def test_nothing_run_is_no_table() -> None:
    assert overview_lines([]) == []
