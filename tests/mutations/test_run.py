"""A run that goes on where it was cut off, and the page of its cells."""

from pathlib import Path
from types import SimpleNamespace

from tests.mutations.catalogue import catalogue
from tests.mutations.mutation import Change, Mutation, Side
from tests.mutations.page import page
from tests.mutations.run import _is_of, missing, ordered, read
from tests.mutations.test_rates import a_cell
from tests.mutations.verdict import Catch, Verdict

KIND = Mutation("k", "graph", Side.BOTH, Change, {"1": 1, "2": 2, "3": 3})


def test_doses_are_run_up_to_the_first_that_harms_and_is_caught() -> None:
    assert missing(KIND, {}) == ["1", "2", "3"]
    known = {("k", "1"): a_cell("k", "B", dose="1", harmful=())}
    assert missing(KIND, known) == ["2", "3"]
    known["k", "2"] = a_cell("k", "f", dose="2")
    assert missing(KIND, known) == ["3"]
    known["k", "2"] = a_cell("k", "B", dose="2")
    assert missing(KIND, known) == []


def test_cells_of_other_folds_are_run_anew() -> None:
    subject = SimpleNamespace(model="m", mode="q", folds=None)
    assert _is_of(a_cell("k", "B"), subject)
    assert not _is_of(a_cell("k", "B", folds=3), subject)
    assert not _is_of(a_cell("k", "B", model="other"), subject)


def test_a_line_that_was_cut_off_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "cells.jsonl"
    assert read(file) == []
    whole = a_cell("k", "B").model_dump_json()
    file.write_text(f"{whole}\n{whole[:20]}")
    assert read(file) == [a_cell("k", "B")]


def test_a_cell_that_was_run_again_counts_once_and_what_is_gone_does_not() -> None:
    kind, other = (each.kind for each in catalogue()[:2])
    cells = [a_cell(other, "B"), a_cell(kind, "M"), a_cell(kind, "P"), a_cell("gone", "M")]
    assert [(each.kind, each.code) for each in ordered(cells)] == [(kind, "P"), (other, "B")]


def test_the_page_says_what_is_missed_and_by_which_gate_the_rest_is_caught() -> None:
    catch = Catch(code="B", gate="fidelity", figure="Mean cosine to FP32", margin=3.2)
    caught = {"verdict": Verdict(code="B", catches=(catch,)), "module": "weights"}
    cells = [
        a_cell("noise", "B", dose="5 %", **caught),
        a_cell("noise", "M", dose="1 %", module="weights"),
        a_cell("harmless", "M", harmful=(), module="weights"),
        a_cell("a choice", "B", benign="chosen", module="recipes"),
        a_cell("another", "M", benign="chosen", module="recipes"),
    ]
    text = page(cells, ["on a machine"])
    missed = text.split("## What is missed")[1].split("## The smallest")[0]
    assert "| noise, 1 % | m | M | TAR |" in missed
    assert "5 %" not in missed
    assert "harmless" not in missed
    assert "fidelity: Mean cosine to FP32 3.2" in text
    assert "| noise | 5 % |" in text
    assert "| harmless | both | (M) |" in text
    assert "| another | both | not red |" in text
    assert "Of 1 cells that change something and harm nothing 0 are red." in text
    assert "- on a machine" in text
    assert "a choice" in text.split("## What a team may choose")[1]
    assert "| all" not in text
    assert "50.0%" in text
