"""The text of ``report.json``: what pydantic would write, with a list of numbers on one line."""

import json

import pytest
from many_records import many_records
from records import ENVIRONMENT, measured, record

from suite.catalog.gate import Gate
from suite.judging.record import Record
from suite.report.layout import laid_out
from suite.report.model import Report
from suite.report.verdict import make_report

ODD = record(
    headline='a "records": [] \n[\n  1,\n  2\n] in words',
    notes=("[1,\n 2]", "größer"),
    measured=measured(Gate.ARTIFACT, samples={"tensor": (1.0, -2.5e-7), "size": ()}),
)


def report_of(*records: Record) -> Report:
    return make_report(ENVIRONMENT, records, complete=True, require_all=False)


def text_of(report: Report) -> str:
    return "".join(laid_out(report))


@pytest.mark.parametrize(
    "records", [(), (ODD,), tuple(many_records(models=2, sets=2))], ids=["none", "odd", "many"]
)
def test_it_holds_what_the_report_holds(records: tuple[Record, ...]) -> None:
    report = report_of(*records)
    assert json.loads(text_of(report)) == json.loads(report.model_dump_json())
    assert Report.model_validate_json(text_of(report)) == report


def test_without_lists_of_numbers_it_is_as_pydantic_writes_it() -> None:
    for report in (report_of(), report_of(record(), record(mode="int8"))):
        assert text_of(report) == report.model_dump_json(indent=2) + "\n"


def test_a_list_of_numbers_is_on_one_line() -> None:
    lines = text_of(report_of(ODD)).splitlines()
    assert '          "tensor": [1.0, -2.5e-7],' in lines
    assert '          "size": []' in lines


def test_a_record_of_a_verification_is_half_as_large() -> None:
    report = report_of(*many_records(models=1, sets=4))
    text = text_of(report)
    assert len(text) < 0.65 * len(report.model_dump_json(indent=2))
    assert max(map(len, text.splitlines())) < 8_000
