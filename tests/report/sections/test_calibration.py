"""What the report says of calibration."""

import pytest
from records import measured, record
from reports import FP32, cells, shown

from suite.catalog.gate import Gate

KNOWN = {
    "dataset": "faces",
    "place": "folder ../faces",
    "images": 1200,
    "people": 40,
    "size": "112 × 112 px",
    "colour": "in colour",
    "alignment": "used as they are",
}


@pytest.mark.parametrize(("people", "said"), [(40, "40"), (None, "nobody says")])
def test_a_row_says_what_a_mode_was_calibrated_on(people: int | None, said: str) -> None:
    calibrated = measured(
        Gate.ARTIFACT,
        figures={"size_bytes": 1.0},
        calibration={**KNOWN, "people": people},
        remarks=("calibration set 'faces' is unlike evaluation set 'lfw': …",),
    )
    text = shown(*FP32, record(mode="int8", measured=calibrated))
    table = text[text.index("Calibrated on:") :]
    assert cells(table, "int8") == [
        *("int8", "faces", "folder ../faces", "1,200", said),
        *("112 × 112 px", "in colour", "used as they are"),
    ]
    assert "- **int8**: calibration set 'faces' is unlike evaluation set 'lfw': …." in text


def test_where_nothing_was_calibrated_there_is_no_table() -> None:
    assert "Calibrated on:" not in shown(*FP32)
