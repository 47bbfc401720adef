"""The files beside ``report.json``: each is a text that the report alone decides."""

import pytest
from records import ENVIRONMENT, record

from suite.report.files import FILES
from suite.report.verdict import make_report


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("records", [[], [record(), record(mode="int8")]])
def test_a_file_is_the_same_text_each_time(name: str, records: list) -> None:
    report = make_report(ENVIRONMENT, records, complete=True, require_all=False)
    read_again = type(report).model_validate_json(report.model_dump_json())
    text = FILES[name](report)
    assert text == FILES[name](read_again)
    assert text.endswith("\n")


def test_no_file_leaves_the_folder() -> None:
    assert all("/" not in name and not name.startswith(".") for name in FILES)
