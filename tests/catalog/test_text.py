import unicodedata
from pathlib import Path

import pytest

from suite.catalog.text import composed, on_disk, read_text

NAME = "Jos\u00e9"
APART = unicodedata.normalize("NFD", NAME)


def test_text_is_read_without_its_mark_and_composed(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(f"\ufeff{APART} 1\r\n".encode())
    assert read_text(tmp_path / "list.txt") == f"{NAME} 1\n"
    assert composed(NAME) == NAME


def test_joined_files_have_no_mark_in_the_middle(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes("\ufeffAnn\n".encode() * 2)
    assert read_text(tmp_path / "list.txt") == "Ann\nAnn\n"


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_what_windows_calls_unicode_is_read_too(tmp_path: Path, order: str) -> None:
    (tmp_path / "list.txt").write_bytes(f"\ufeff{APART} 1\r\n".encode(order))
    assert read_text(tmp_path / "list.txt") == f"{NAME} 1\n"


def test_each_part_of_a_path_has_a_form_of_its_own(tmp_path: Path) -> None:
    (tmp_path / APART).mkdir()
    (tmp_path / APART / f"{NAME}.png").touch()
    assert on_disk(tmp_path / NAME / f"{NAME}.png") == tmp_path / APART / f"{NAME}.png"
    absent = tmp_path / NAME / "absent.png"
    assert on_disk(absent) == absent


def test_a_path_is_found_in_the_form_that_the_disk_has(tmp_path: Path) -> None:
    for there, given in ((NAME, APART), (APART, NAME)):
        folder = tmp_path / ("a" if there == NAME else "b")
        (folder / there).mkdir(parents=True)
        assert on_disk(folder / given) == folder / there
    assert on_disk(tmp_path / NAME) == tmp_path / NAME
