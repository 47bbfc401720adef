"""Rows as cells, and tables of text and Markdown."""

import pytest
from records import row

from suite.judging.outcome import Outcome
from suite.judging.record import Against
from suite.report.tables import aligned, markdown, row_cells, signed


@pytest.mark.parametrize(
    ("given", "cells"),
    [
        (
            row(),
            ("Accuracy", "accepted", "0.990000", "0.980000", "-0.010000", "± 0.002", "ok"),
        ),
        (
            row(outcome=Outcome.FAIL, against=Against.FP32),
            ("Accuracy", "FP32", "0.990000", "0.980000", "-0.010000", "loss ≤ 0.002", "FAIL"),
        ),
        (
            row("cosine_mean", against=Against.FLOOR, limit=0.9),
            ("Mean cosine to FP32", "floor", "0.99000", "0.98000", "-0.01000", "≥ 0.9", "ok"),
        ),
        (
            row("size_bytes", reference=None, value=7.0, outcome=Outcome.NOT_COMPARED),
            ("Size (bytes)", "accepted", "", "7", "", "+ 0.20%", "not compared"),
        ),
        (
            row("speedup", Outcome.UNDECIDED, limit=0.07, interval=(-0.08, -0.05)),
            (
                *("Speed-up over FP32", "accepted", "0.990", "0.980"),
                *("-1.00% (-8.00% … -5.00%)", "− 7.00%", "undecided"),
            ),
        ),
    ],
)
def test_a_row_says_what_it_is_held_to(given, cells: tuple[str, ...]) -> None:
    assert row_cells(given) == cells


def test_a_difference_that_rounds_to_nothing_has_no_minus() -> None:
    assert signed(-1e-9, 4) == "+0.0000"


def test_text_is_aligned_first_columns_left_others_right() -> None:
    assert aligned(("a", "b", "c"), [("long", "x", "1")]) == ["a     b  c", "long  x  1"]


def test_a_markdown_table_has_its_rule_and_no_padding() -> None:
    assert markdown(("a", "b"), [("long name", "1")]) == [
        "| a | b |",
        "| --- | ---: |",
        "| long name | 1 |",
    ]


def test_a_cell_ends_where_it_ends_whatever_it_holds() -> None:
    assert markdown(("a", "b"), [("x|y", "1\n2")])[2] == "| x\\|y | 1 2 |"
