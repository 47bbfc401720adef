"""Messages and the parts that they are made of."""

import errno
import os
from pathlib import Path

import pytest

from suite.catalog.errors import (
    DatasetError,
    SuiteError,
    nearest,
    not_written,
    one_of,
    refusals_said,
    refused,
)


def test_an_error_has_its_place_and_its_words() -> None:
    error = DatasetError(where=Path("a.csv"), what="is empty; write a line.")
    assert (error.where, error.what) == ("a.csv", "is empty; write a line.")
    assert str(error) == "a.csv: is empty; write a line."


def test_an_error_may_have_no_place() -> None:
    assert (DatasetError("no.").where, str(DatasetError("no."))) == ("", "no.")


def test_the_nearest_name_is_hinted_at() -> None:
    assert nearest("cpi", ["cuda", "cpu"]) == "did you mean 'cpu'? known: cpu, cuda"
    assert nearest("x", []) == "known: none"


def test_a_name_with_its_words_in_another_order_is_the_nearest() -> None:
    known = ["cosine_mean", "memory_copies"]
    assert nearest("mean_cosine", known).startswith("did you mean 'cosine_mean'?")


def test_names_to_choose_from() -> None:
    assert [one_of(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == [
        "'a'",
        "'a' or 'b'",
        "'a', 'b' or 'c'",
    ]


def test_what_the_system_refuses_is_a_sentence() -> None:
    path = f"/{'a' * 5000}"
    with pytest.raises(SuiteError) as caught, refusals_said():
        Path(path).stat()
    assert str(caught.value) == (
        f"{path[:200]}…: the system refuses it (File name too long); give it a shorter name."
    )


def test_a_refusal_that_nobody_knows_is_said_as_the_system_says_it() -> None:
    error = OSError(errno.EIO, "Input/output error", "/mnt/x")
    assert str(refused(error)) == (
        "/mnt/x: the system refuses it (Input/output error); look at the disk."
    )


def test_an_error_can_be_written_whatever_bytes_its_path_has() -> None:
    path = Path(os.fsdecode(b"/data/caf\xe9"))
    error = DatasetError(where=path, what=f"{path} is empty.")
    assert str(error) == "/data/caf\\udce9: /data/caf\\udce9 is empty."
    assert error.beyond(path) == "/data/caf\\udce9 is empty."


def test_a_message_is_one_line_and_no_screen() -> None:
    error = SuiteError("is \ta\r\nb" + "x" * 10_000, where="a\nb")
    assert str(error).startswith(r"a\nb: is \ta\r\nbxxx")
    assert str(error).isprintable()
    assert len(error.what) < 300
    assert error.beyond("a\nb") == error.what


def test_a_name_that_fills_a_screen_is_compared_in_part() -> None:
    assert nearest("cpu" * 1_000_000, ["cpu"]) == "known: cpu"


def test_what_is_to_be_done_is_said_after_a_long_name() -> None:
    error = SuiteError(f"has no metric '{'k' * 9000}'; known: accuracy.", where="card.toml")
    assert str(error) == f"card.toml: has no metric '{'k' * 199}…k'; known: accuracy."
    assert len(SuiteError("a " * 9000).what) == 3001


def test_of_a_link_that_leads_to_itself_the_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError) as caught:
        (tmp_path / "loop" / "a" / "b").mkdir()
    said = not_written("cannot write there", caught.value, "give another folder")
    assert f"; move '{tmp_path / 'loop'}' out of the way, or give another folder." in said
