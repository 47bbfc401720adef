"""Hashing and writing files, and paths that stay below a folder."""

import hashlib
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from suite.catalog import files
from suite.catalog.errors import SuiteError
from suite.catalog.files import (
    is_file,
    is_folder,
    is_there,
    leads_outside,
    lies_below,
    names_in,
    open_file,
    read_file,
    real_path,
    sha256_of,
    user_cache,
    write_whole,
)
from suite.catalog.fresh import create, fresh_beside


def test_a_files_hash_is_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("content", [b"\xff\x00", "größer\n", ("größ", "er\n")])
def test_what_is_written_is_there_and_nothing_else(
    tmp_path: Path, content: bytes | str | tuple[str, ...], alone: bool
) -> None:
    (tmp_path / "a.json").write_text("before")
    write_whole(tmp_path / "a.json", content, alone=alone)
    wanted = content if isinstance(content, bytes) else "".join(content).encode()
    assert (tmp_path / "a.json").read_bytes() == wanted
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_where_writing_fails_the_file_is_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("before")

    def half() -> Iterator[str]:
        yield "aft"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "a", half())
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "before"


def test_a_lone_writer_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    create(fresh_beside(tmp_path / "a")).close()
    write_whole(tmp_path / "a", "whole", alone=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/x", "C:/x", "..\\x", "\\x", "C:\\x"])
def test_a_path_that_leads_outside(path: str) -> None:
    assert leads_outside(path)


@pytest.mark.parametrize("path", ["x", "a/x", "./x", "a\\x", "a..b/x", ""])
def test_a_path_that_stays_inside(path: str) -> None:
    assert not leads_outside(path)


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: str) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(files, "user_cache_path", nobody)
    with pytest.raises(SuiteError, match="no home folder for the suite's cache: set HOME or XDG"):
        user_cache()


ABSENT = ["nowhere", "file/below", "a" * 300, "nul\0", "loop"]


@pytest.mark.parametrize("name", ABSENT)
def test_nothing_is_there_under_a_name_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    path = tmp_path / name
    assert (is_there(path), is_file(path), is_folder(path)) == (False, False, False)


def test_a_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = [(is_there(p), is_file(p), is_folder(p)) for p in (tmp_path / "file", tmp_path)]
    assert found == [(True, True, False), (True, False, True)]
    assert (names_in(tmp_path), names_in(tmp_path / "nowhere")) == (["file"], [])


@pytest.mark.parametrize("look", [is_there, is_file, is_folder, names_in])
def test_what_a_user_may_not_look_at_is_said(tmp_path: Path, forbid, look) -> None:
    forbid(tmp_path / "hers")
    with pytest.raises(SuiteError) as caught:
        look(tmp_path / "hers")
    assert str(caught.value) == (
        f"{tmp_path / 'hers'}: the system refuses it (Permission denied); let this user read it "
        "and the folders above it."
    )


def test_only_a_file_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(SuiteError, match=f"{path}: is a pipe or a device, and no file; "):
            open_file(path)
        with pytest.raises(SuiteError, match="is a pipe or a device"):
            sha256_of(path)
    with pytest.raises(IsADirectoryError):
        open_file(tmp_path)


def test_links_that_lead_to_themselves_lie_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert real_path(tmp_path / "loop") == real_path(tmp_path) / "loop"
    assert lies_below(tmp_path, tmp_path / "loop" / "a")
    assert not lies_below(tmp_path / "other", tmp_path / "loop" / "a")


def test_no_more_is_read_than_a_file_of_its_kind_has(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(3 << 20))
    assert len(read_file(tmp_path / "a", 3 << 20)) == 3 << 20
    with pytest.raises(SuiteError, match="a: is larger than 2 MiB, as no file of its kind is; "):
        read_file(tmp_path / "a", 2 << 20)


def test_a_file_that_says_less_than_it_has_is_read_whole() -> None:
    whole = Path("/proc/self/status")
    if not whole.exists():
        pytest.skip("no /proc here")
    assert whole.stat().st_size == 0
    assert b"VmRSS" in read_file(whole, 1 << 20)
    with pytest.raises(SuiteError, match="is larger than 0 KiB"):
        read_file(whole, 20)


def test_a_small_file_reserves_no_more_than_it_has(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"x" * 1000)
    tracemalloc.start()
    assert len(read_file(tmp_path / "small", 512 << 20)) == 1000
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
