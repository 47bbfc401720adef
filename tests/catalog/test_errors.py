"""Messages and the parts that they are made of."""

from pathlib import Path

from suite.catalog.errors import DatasetError, nearest, one_of


def test_an_error_has_its_place_and_its_words() -> None:
    error = DatasetError(where=Path("a.csv"), what="is empty; write a line.")
    assert (error.where, error.what) == ("a.csv", "is empty; write a line.")
    assert str(error) == "a.csv: is empty; write a line."


def test_an_error_may_have_no_place() -> None:
    assert (DatasetError("no.").where, str(DatasetError("no."))) == ("", "no.")


def test_the_nearest_name_is_hinted_at() -> None:
    assert nearest("cpi", ["cuda", "cpu"]) == "did you mean 'cpu'? known: cpu, cuda"
    assert nearest("x", []) == "known: none"


def test_names_to_choose_from() -> None:
    assert [one_of(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == [
        "'a'",
        "'a' or 'b'",
        "'a', 'b' or 'c'",
    ]
