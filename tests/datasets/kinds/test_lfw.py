"""Reading LFW's pairs.txt."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.catalog.errors import DatasetError
from suite.datasets.kinds.lfw import LfwPair, NumberedImage, read_lfw_pairs

PAIRS = "2\t1\nAnn\t1\t2\nAnn\t1\tBob\t1\nBob\t1\t3\nBob\t2\tAnn\t4\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "pairs.txt"
    path.write_bytes(text.encode())
    return path


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(DatasetError) as caught:
        read_lfw_pairs(written(folder, text))
    assert str(caught.value).startswith(str(folder / "pairs.txt"))
    return str(caught.value)


def test_pairs_come_in_file_order_with_flag_fold_and_line(tmp_path):
    read = read_lfw_pairs(written(tmp_path, PAIRS))
    ann, bob = NumberedImage("Ann", 1), NumberedImage("Bob", 1)
    assert read.folds == 2
    assert read.pairs == (
        LfwPair(ann, NumberedImage("Ann", 2), True, 1, 2),
        LfwPair(ann, bob, False, 1, 3),
        LfwPair(bob, NumberedImage("Bob", 3), True, 2, 4),
        LfwPair(NumberedImage("Bob", 2), NumberedImage("Ann", 4), False, 2, 5),
    )


@pytest.mark.parametrize(
    "changed",
    [
        PAIRS.replace("\n", "\r\n"),
        PAIRS.replace("\t", " "),
        PAIRS.replace("\t", "   "),
        PAIRS.rstrip("\n"),
        PAIRS.replace("\n", "  \n"),
        "\ufeff" + PAIRS,
    ],
    ids=["crlf", "space", "spaces", "no-last-newline", "trailing-space", "byte-order-mark"],
)
def test_white_space_makes_no_difference(tmp_path, changed):
    plain = read_lfw_pairs(written(tmp_path, PAIRS))
    assert read_lfw_pairs(written(tmp_path, changed)) == plain


def test_each_fold_may_have_a_number_of_its_own(tmp_path):
    more = "Ann\t1\t3\nBob\t4\t5\nAnn\t1\tBob\t4\nAnn\t2\tBob\t5\n"
    read = read_lfw_pairs(written(tmp_path, PAIRS.replace("2\t1\n", "3 1 1 2\n", 1) + more))
    assert (read.folds, read.fold_sizes) == (3, (2, 2, 4))
    assert [pair.fold for pair in read.pairs] == [1, 1, 2, 2, 3, 3, 3, 3]
    said = refusal(tmp_path, PAIRS.replace("2\t1\n", "2 1 2\n", 1))
    assert "has 4 pairs where its first line, 2 folds of 1 + 1, 2 + 2, says 6; correct the" in said


def test_a_list_of_paths_is_no_pairs_txt(tmp_path):
    said = refusal(tmp_path, "a/1.jpg a/2.jpg 1\n")
    assert "and has 'a/1.jpg a/2.jpg 1'; write it so, or take kind = 'csv' for lists of pa" in said


def test_blank_lines_do_not_count_but_line_numbers_do(tmp_path):
    read = read_lfw_pairs(written(tmp_path, PAIRS.replace("Bob\t1\t3", "\n\nBob\t1\t3")))
    assert [pair.line for pair in read.pairs] == [2, 3, 6, 7]


def test_names_may_have_spaces_between_tabs(tmp_path):
    text = "1\t1\nAnn Lee\t1\t2\nAnn Lee\t1\tBob\t1\n"
    assert read_lfw_pairs(written(tmp_path, text)).pairs[1].left == NumberedImage("Ann Lee", 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1 must have two numbers"),
        ("10\n", "line 1 must have two numbers"),
        ("0 5\n", "line 1 must have two numbers"),
        (PAIRS.replace("Bob\t1\t3", "Bob\t1"), "line 4, 'Bob\\t1', is neither"),
        (PAIRS.replace("Bob\t1\t3", "Bob\t1\tx"), "line 4, "),
        (PAIRS.replace("Bob\t1\t3", "Bob\t1\t-3"), "line 4, "),
        (PAIRS.replace("Ann\t1\tBob\t1", "Ann\t1\tAnn\t3"), "line 3 names 'Ann' twice"),
        (PAIRS.replace("Bob\t1\t3", "Bob\t1\t1"), "line 4 pairs an image with itself; name two"),
        (PAIRS.replace("2\t1\n", "3\t1\n"), "has 4 pairs where its first line"),
        (PAIRS + "Bob\t1\t2\n", "has 5 pairs where its first line"),
        (PAIRS.replace("Ann\t1\tBob\t1", "Ann\t1\t3"), "fold 1, lines 2 to 3, has 2 genuine and 0"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, text, said):
    assert said in refusal(tmp_path, text)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "pairs.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="is not text in UTF-8"):
        read_lfw_pairs(path)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read"):
        read_lfw_pairs(tmp_path / "pairs.txt")


@given(st.text())
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any-pairs.txt"
    path.write_bytes(text.encode(errors="replace"))
    try:
        read_lfw_pairs(path)
    except DatasetError as error:
        assert str(path) in str(error)
