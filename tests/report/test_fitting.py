"""Text that fits into a number of bytes, by whole lines."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from suite.catalog.errors import visible
from suite.report.fitting import Block, code, escaped, fitted, name, shortened

# Halves of a surrogate pair too, which stand for bytes of a path that are no UTF-8.
ANYTHING = st.characters(exclude_characters="…")
ROWS = tuple(f"- row {n} {'x' * (n % 40)}" for n in range(60))


def test_all_is_shown_where_it_fits() -> None:
    text = fitted([Block(("# a", ""), ("- 1", "- 2"), "numbers"), Block(("end",))], 1_000)
    assert text == "# a\n\n- 1\n- 2\n\nend\n"


def test_what_does_not_fit_is_counted() -> None:
    text = fitted([Block(("# a", ""), ROWS, "rows"), Block(("end",))], 300)
    lines = text.splitlines()
    shown = [line for line in lines if line.startswith("- row")]
    assert shown == list(ROWS[: len(shown)])
    assert f"- … and {60 - len(shown)} more rows" in lines
    assert lines[-1] == "end"
    assert 300 - 60 < len(text) <= 300


def test_each_block_has_its_first_items_before_any_has_more() -> None:
    long = Block(("# long", ""), ROWS, "rows", first=3)
    late = Block(("# late", ""), ("- " + "y" * 80, "- " + "z" * 80), "rows", first=1, turn=1)
    text = fitted([long, late], 350)
    assert "y" * 80 in text
    assert "- row 5 " in text
    assert "z" not in text


def test_a_lower_turn_comes_first_wherever_it_stands() -> None:
    blocks = [Block(("# a", ""), ROWS, "rows", turn=1), Block(("# b", ""), ROWS, "rows")]
    text = fitted(blocks, 1_000)
    assert text.index("# a") < text.index("# b")
    assert "- … and 60 more rows" in text.partition("# b")[0]


def test_a_table_ends_before_the_count_of_what_is_left_out() -> None:
    rows = tuple(f"| {n} |" for n in range(50))
    text = fitted([Block(("| a |", "|---|"), rows, "rows", table=True)], 120)
    before, _, after = text.partition("\n\n- … and ")
    assert before.splitlines()[-1].startswith("| ")
    assert after.endswith(" more rows\n")


def test_what_stands_above_all_must_fit() -> None:
    with pytest.raises(ValueError, match="more than 10 bytes"):
        fitted([Block(("a" * 20,))], 10)


@given(st.text(ANYTHING), st.integers(3, 60))
@example("caf\udce9 and more words", 12)
def test_shortened_words_fit_and_are_cut_between_words(words: str, most: int) -> None:
    said = shortened(words, most)
    assert len(said.encode()) <= most
    whole = " ".join(visible(words).split())
    if said != whole:
        assert said.endswith("…")
        kept = said.removesuffix("…")
        assert whole.startswith(kept)


@given(st.text(ANYTHING), st.integers(12, 60))
@example("\ud800", 12)
@example("a" * 30 + "\udce9", 20)
def test_a_shortened_name_fits_and_keeps_its_ends(words: str, most: int) -> None:
    said, of = name(words, most), " ".join(visible(words).split())
    assert len(said.encode()) <= most
    if said != of:
        start, _, end = said.partition("…")
        assert of.startswith(start)
        assert of.endswith(end)


@given(st.text(alphabet="ab`* |\\<[~_"))
def test_escaped_words_end_no_cell_and_open_nothing(words: str) -> None:
    said = escaped(words)
    plain = said.replace("\\\\", "")
    for mark in "`*|<[~":
        assert plain.count(mark) == plain.count(f"\\{mark}")


@pytest.mark.parametrize("words", ["a", "`", "a``b`c", "` `` ```"])
def test_a_code_span_ends_after_its_words(words: str) -> None:
    said = code(words)
    fence = said[: len(said) - len(said.lstrip("`"))] if words[0] != "`" else said.split(" ")[0]
    assert said.startswith(fence)
    assert said.endswith(fence)
    assert fence not in words
    assert words in said
