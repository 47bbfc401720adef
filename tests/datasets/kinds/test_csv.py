"""Reading a CSV of pairs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.catalog.dataset_card import CsvColumns
from suite.catalog.errors import DatasetError
from suite.datasets.kinds.csv import CsvPair, read_pairs_csv

PAIRS = "left,right,same\na/1.jpg,a/2.jpg,1\na/1.jpg,b/1.jpg,0\n"
FOLDED = PAIRS.replace("same", "same,fold").replace(",1\n", ",1,2\n").replace(",0\n", ",0,1\n")


def written(folder: Path, text: str) -> Path:
    path = folder / "pairs.csv"
    path.write_bytes(text.encode())
    return path


def refusal(folder: Path, text: str, folds: int | None = 2) -> str:
    with pytest.raises(DatasetError) as caught:
        read_pairs_csv(written(folder, text), folds)
    message = str(caught.value)
    assert message.startswith(str(folder / "pairs.csv"))
    return message.removeprefix(str(folder / "pairs.csv") + ": ")


def test_pairs_come_in_file_order(tmp_path):
    read = read_pairs_csv(written(tmp_path, PAIRS), 2)
    assert read.folds == 2
    assert read.pairs == (
        CsvPair("a/1.jpg", "a/2.jpg", True, 0, 2),
        CsvPair("a/1.jpg", "b/1.jpg", False, 0, 3),
    )


@pytest.mark.parametrize(
    "changed",
    [
        PAIRS.replace("\n", "\r\n"),
        "\ufeff" + PAIRS,
        PAIRS.replace(",", " , "),
        PAIRS.replace("a/1.jpg", '"a/1.jpg"'),
        PAIRS.replace("/", "\\"),
        PAIRS.replace("a/1.jpg", "./a/1.jpg"),
        PAIRS.replace(",1\n", ",True\n").replace(",0\n", ",False\n"),
        PAIRS.replace(",1\n", ",genuine\n").replace(",0\n", ",Impostor\n"),
        PAIRS.replace("left,right,same", "Left,RIGHT,same"),
    ],
    ids=["crlf", "mark", "spaces", "quotes", "backslash", "dot", "bools", "words", "case"],
)
def test_the_way_it_is_written_makes_no_difference(tmp_path, changed):
    plain = read_pairs_csv(written(tmp_path, PAIRS), 2)
    assert read_pairs_csv(written(tmp_path, changed), 2) == plain


def test_other_columns_and_blank_lines_do_not_count(tmp_path):
    text = "score,left,same,right\n0.5,a/1.jpg,1,a/2.jpg\n\n,,,\n0.1,a/1.jpg,0,b/1.jpg\n"
    read = read_pairs_csv(written(tmp_path, text), 2)
    assert [(pair.right, pair.line) for pair in read.pairs] == [("a/2.jpg", 2), ("b/1.jpg", 5)]


def test_a_column_of_folds_makes_them_contiguous_in_their_order(tmp_path):
    read = read_pairs_csv(written(tmp_path, FOLDED))
    assert read.folds == 2
    assert [(pair.fold, pair.line) for pair in read.pairs] == [(1, 3), (2, 2)]


def test_ten_folds_are_made_where_nobody_says(tmp_path):
    text = "left,right,same\n" + "a.jpg,b.jpg,0\n" * 13 + "a.jpg,c.jpg,1\n"
    assert read_pairs_csv(written(tmp_path, text)).folds == 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1 must name the column 'left' once, and has nothing; write 'left,right,same'"),
        ("a,b,c\n", "line 1 must name the column 'left' once, and has 'a', 'b', 'c'; write"),
        ("left,right\n", "line 1 must name the column 'same' once"),
        ("left,right,same,same\n", "line 1 must name the column 'same' once"),
        ("left,right,same\n", "has no pair; give a line for each below its header."),
        (PAIRS.replace(",0\n", ",maybe\n"), "line 3: same = 'maybe' must be 1, true or genuine, "),
        (PAIRS.replace(",0\n", "\n"), "line 3 has 2 fields where line 1 has 3; correct it."),
        (PAIRS.replace("b/1", "../b/1"), "line 3: right = '../b/1.jpg' is no path below the"),
        (PAIRS.replace("b/1", "/b/1"), "line 3: right = '/b/1.jpg' is no path below the card's"),
        (PAIRS.replace("b/1", "C:\\b\\1"), "line 3: right = 'C:\\\\b\\\\1.jpg' is no path below"),
        (PAIRS.replace("b/1.jpg", ""), "line 3: right = '' is no path below the card's folder"),
        (FOLDED.replace(",0,1", ",0,x"), "line 3: fold = 'x' must be a whole number; correct it."),
        (FOLDED.replace(",0,1", ",0,2"), "column 'fold' has one fold, and accuracy needs"),
        (FOLDED + "a.jpg,b.jpg,0,3\n", "column 'fold' has 3 folds and the card says folds = 2"),
        (PAIRS.replace("b/1", "a/1"), "line 3 pairs an image with itself; name two images there"),
        (PAIRS.replace("a/1.jpg,b/1", "a/2.jpg,a/1"), "line 3 labels the pair of line 2 the other"),
        (PAIRS.replace(",0\n", ",1\n"), "has genuine pairs alone; add impostor pairs."),
        (PAIRS.replace(",1\n", ",0\n"), "has impostor pairs alone; add genuine pairs."),
        ('left,right,same\n"a', "is no CSV (unexpected end of data); correct it."),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named(tmp_path, text, said):
    assert refusal(tmp_path, text).startswith(said)


def test_folds_may_be_of_unequal_length(tmp_path):
    read = read_pairs_csv(written(tmp_path, FOLDED + "a.jpg,b.jpg,0,2\n"), None)
    assert (read.folds, read.fold_sizes) == (2, (1, 2))
    assert [pair.fold for pair in read.pairs] == [1, 2, 2]


@pytest.mark.parametrize("mark", ["\t", ";", "   "])
@pytest.mark.parametrize("start", ["left,right,same\n", ""], ids=["named", "bare"])
def test_fields_are_parted_as_published(tmp_path, mark, start):
    rows = PAIRS.removeprefix("left,right,same\n")
    read = read_pairs_csv(written(tmp_path, (start + rows).replace(",", mark)), 2)
    assert [(pair.left, pair.right, pair.genuine) for pair in read.pairs] == [
        ("a/1.jpg", "a/2.jpg", True),
        ("a/1.jpg", "b/1.jpg", False),
    ]
    assert [pair.line for pair in read.pairs] == ([2, 3] if start else [1, 2])


def test_a_card_says_what_columns_are_called(tmp_path):
    text = FOLDED.replace("left,right,same,fold", "Path A,path_b,is_same,split")
    columns = CsvColumns(left="path a", right="path_b", same="is_same", fold="split")
    read = read_pairs_csv(written(tmp_path, text), None, columns)
    assert read.pairs == read_pairs_csv(written(tmp_path, FOLDED)).pairs
    with pytest.raises(DatasetError, match=r"must name the column 'set' once, and has 'path a', "):
        read_pairs_csv(written(tmp_path, text), None, columns.model_copy(update={"fold": "set"}))


@pytest.mark.parametrize(
    ("first", "form"),
    [
        ("Aaron_Eckhart_1.jpg 1", "one image and a number, as in CPLFW's and CALFW's lists of"),
        ("1,4", "two numbers of images, as in CFP's Pair_list; write their paths, or pack the set"),
        ("name,imagenum1,imagenum2,", "that of LFW's pairs as Kaggle has them; take LFW's own"),
        ("10\t300", "the first of LFW's pairs.txt, which kind = 'lfw' reads"),
        ("1 a/1.jpg a/2.jpg", "a label before two paths"),
        ("a/1.jpg a/2.jpg", "two paths without a label"),
        ("a/1.jpg,a/2.jpg,-1", "two paths and '-1', which is no label (1 or 0)"),
        ("a/1.jpg", "one path without another and a label"),
    ],
)
def test_a_list_of_another_form_is_told_by_its_form(tmp_path, first, form):
    said = refusal(tmp_path, f"{first}\nb/1.jpg b/2.jpg 0\n")
    assert said.startswith(f"line 1, {first!r}, is {form}")
    assert "; expected are two paths and a label a line, below 'left,right,same' or" in said


def test_too_few_pairs_for_the_folds_are_refused(tmp_path):
    said = refusal(tmp_path, PAIRS, None)
    assert said == "has 2 pairs, too few for 10 folds; add pairs or lower folds in the card."


def test_what_is_no_text_or_absent_is_named(tmp_path):
    (tmp_path / "pairs.csv").write_bytes(b"left\xff")
    with pytest.raises(DatasetError, match=r"pairs\.csv: is not text in UTF-8; save the CSV so\."):
        read_pairs_csv(tmp_path / "pairs.csv")
    with pytest.raises(DatasetError, match=r"none\.csv: cannot be read \(No such file"):
        read_pairs_csv(tmp_path / "none.csv")


@given(st.text())
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any-pairs.csv"
    path.write_bytes(("left,right,same\n" + text).encode(errors="replace"))
    try:
        read_pairs_csv(path, 2)
    except DatasetError as error:
        assert str(path) in str(error)


WHO = (
    "left,right,same,left_person,right_person\n"
    "a/1.jpg,a/2.jpg,1,Ann,Ann\n"
    "a/1.jpg,b/1.jpg,0,Ann,Bob\n"
)


def test_columns_may_say_who_the_images_show(tmp_path):
    read = read_pairs_csv(written(tmp_path, WHO), 2)
    assert read.people == {"a/1.jpg": "Ann", "a/2.jpg": "Ann", "b/1.jpg": "Bob"}
    assert read.pairs == read_pairs_csv(written(tmp_path, PAIRS), 2).pairs
    renamed = WHO.replace("left_person,right_person", "id1,id2")
    columns = CsvColumns(left_person="id1", right_person="id2")
    assert read_pairs_csv(written(tmp_path, renamed), 2, columns).people == read.people


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",right_person", ",x", "line 1 names one of 'left_person' and 'right_person'"),
        ("Ann,Bob", ",Bob", "line 3 does not say who both images show"),
        ("Ann,Bob", "Cid,Bob", "line 3: 'a/1.jpg' shows 'Cid', and 'Ann' on a line before"),
        ("Ann,Bob", "Ann,Ann", "line 3 is labelled as two persons and names 'Ann' and 'Ann'"),
        ("Ann,Ann", "Ann,Bob", "line 2 is labelled as one person and names 'Ann' and 'Bob'"),
    ],
)
def test_people_that_contradict_a_list_are_refused(tmp_path, old, new, words):
    assert refusal(tmp_path, WHO.replace(old, new)).startswith(words)
