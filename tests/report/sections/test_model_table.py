"""A model's table of figures, and what is said beside it."""

from records import record, row
from reports import FP32, INT8, cells, shown

from suite.judging.outcome import Outcome


def test_a_mode_has_its_figures_with_the_difference_to_fp32() -> None:
    text = shown(*FP32, *INT8)
    assert cells(text, "int8")[:2] == ["int8", "0.985000 (-0.010000) [-0.005000]"]
    assert cells(text, "int8")[-5:] == [*("1.00", "2.50 (1.90 ×)", "0.99800", "0.98500", "0.97000")]
    assert cells(text, "fp32")[5:] == ["4.00", "–", "–", "–", "–"]
    assert "in brackets: difference to the accepted baseline" in text


def test_what_others_measured_stands_under_ours() -> None:
    text = shown(*FP32)
    assert cells(text, "fp32, by others") == [
        *("fp32, by others", "0.996600", "–", "–", "–", "89.60", "–", "–", "–", "–")
    ]


def test_what_was_measured_and_left_out_is_said() -> None:
    text = shown(*FP32)
    assert "- fed so" in text
    assert "- **fp32**: 3 images were left out." in text
    assert "in brackets" not in text


def test_what_is_within_its_limit_is_counted_and_what_is_not_is_shown_folded_away() -> None:
    text = shown(*FP32, *INT8)
    folded = text[text.index("1 of 3 figures are within their limits; those that are not") :]
    assert cells(folded, "verification int8")[1:3] == ["lfw", "Accuracy"]
    assert cells(folded, "latency int8")[-1] == "undecided"
    assert "| ok |" not in text


def test_of_a_green_model_its_rows_are_a_count() -> None:
    green = record(rows=(row(), row("roc_auc")))
    assert "2 of 2 figures are within their limits; `report.json` has each.\n" in shown(green)


def test_a_model_without_weights_says_so() -> None:
    text = shown(*FP32, record(outcome=Outcome.SKIPPED, headline="weights are absent", model="n"))
    assert "## n (arcface)\n\nSkipped: weights are absent.\n" in text
