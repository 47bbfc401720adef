"""What the report says of the steps by which artifacts were built."""

from records import measured, record
from reports import FP32, cells, shown

from suite.catalog.gate import Gate

STEPS = (
    {"step": "tidy", "places": 2, "difference": 1e-7, "norm": 0.0},
    {"step": "mix", "places": 1, "trace": ("all in 8 bits: uses 141%", "conv1 in float: uses 80%")},
)


def text_of(steps: tuple[dict[str, object], ...]) -> str:
    found = measured(Gate.ARTIFACT, figures={"size_bytes": 1.0}, steps=steps)
    return shown(*FP32, record(mode="int8_mixed", measured=found))


def test_how_a_step_came_to_what_it_chose_stands_below_the_table_a_line_each() -> None:
    text = text_of(STEPS)
    table = text[text.index("Built step by step") :]
    assert cells(table, "int8_mixed | mix") == ["int8_mixed", "mix", "1", "–", ""]
    lines = table.splitlines()
    start = lines.index("What mix chose in int8_mixed, step by step:")
    assert lines[start + 2 : start + 4] == [
        "1. all in 8 bits: uses 141%",
        "2. conv1 in float: uses 80%",
    ]
    assert not lines[start - 1] and not lines[start + 4]


def test_steps_that_search_nothing_have_no_such_lines() -> None:
    assert "What mix chose" not in text_of(STEPS[:1])


def test_an_accepted_choice_is_said_to_be_so() -> None:
    text = text_of((STEPS[0], {**STEPS[1], "as_accepted": True}))
    assert "What mix chose in int8_mixed, as it was accepted, step by step:" in text
