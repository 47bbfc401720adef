"""What the report says of recipe and runtime."""

from records import measured, record
from reports import FP32, cells, shown

from suite.catalog.gate import Gate
from suite.judging.record import Record

NEAR = {
    "unoptimised_cosine_mean": 0.987,
    "unoptimised_cosine_worst": 0.96,
    "sampled_cosine_mean": -0.012,
    "sampled_cosine_worst": -0.3,
}


def split(**found: object) -> Record:
    observed = {} if "reason" in found else NEAR
    figures = {"cosine_mean": 0.9, "cosine_worst": 0.8}
    of = measured(Gate.FIDELITY, "faces", figures=figures, observed=observed, split=found)
    return record(Gate.FIDELITY, mode="int8", dataset="faces", measured=of)


def test_a_row_says_what_the_recipe_costs_and_what_the_runtime() -> None:
    text = shown(*FP32, split(faces=64, culprit="this runtime's graph optimiser"))
    table = text[text.index("Recipe and runtime") :]
    assert cells(table, "int8") == [
        *("int8", "faces", "64", "0.98700", "0.96000", "-0.01200", "-0.30000"),
        *("0.0130", "+0.9990", "this runtime's graph optimiser"),
    ]


def test_a_mode_that_cannot_be_split_says_why() -> None:
    text = shown(*FP32, split(reason="the file has ConvInteger"))
    assert "- **int8**: recipe and runtime not told apart: the file has ConvInteger." in text
    assert "Recipe and runtime" not in text
