"""Names that nobody can foresee, and nothing written where a link leads."""

import stat
from pathlib import Path

import pytest

from suite.catalog.files import write_whole
from suite.catalog.fresh import append_to, create, fresh_beside, remove, sweep

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize("name", ["a.json", "ж" * 120, "a" * 255, ".hidden"])
def test_a_fresh_name_is_hidden_new_each_time_and_one_that_a_file_can_have(
    tmp_path: Path, name: str
) -> None:
    one, other = fresh_beside(tmp_path / name), fresh_beside(tmp_path / name)
    assert one != other
    assert one.parent == tmp_path
    assert one.name.startswith(".")
    create(one).close()


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("theirs")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    (tmp_path / "to nothing").symlink_to(tmp_path / "nothing")
    for name in ("there", "link", "to nothing"):
        with pytest.raises(FileExistsError):
            create(tmp_path / name)
    assert (tmp_path / "there").read_text() == "theirs"
    assert not (tmp_path / "nothing").exists()


def test_nothing_is_added_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    with pytest.raises(OSError, match="symbolic links"):
        append_to(tmp_path / "link")
    for line in (b"one\n", b"two\n"):
        with append_to(tmp_path / "own") as stream:
            stream.write(line)
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert (tmp_path / "own").read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize("alone", [True, False])
def test_a_whole_file_takes_a_links_place_and_not_that_of_what_it_points_to(
    tmp_path: Path, alone: bool
) -> None:
    (tmp_path / "theirs").write_text("theirs")
    for name in ("a.json", ".a.json.tmp", f".a.json.{TOKEN}.tmp"):
        (tmp_path / name).symlink_to(tmp_path / "theirs")
    write_whole(tmp_path / "a.json", "ours", alone=alone)
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert (tmp_path / "a.json").read_text() == "ours"
    assert not (tmp_path / "a.json").is_symlink()


def test_a_private_file_is_its_owners(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", "x", private=True)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_only_what_killed_processes_left_of_a_path_is_swept(tmp_path: Path) -> None:
    kept = ["a", "a.tmp", ".a.tmp", f".b.{TOKEN}.tmp", f".a.{TOKEN}.tmp.txt", f".a.x{TOKEN}.tmp"]
    for name in kept:
        (tmp_path / name).touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "theirs").touch()
    (tmp_path / f".a.{TOKEN}.tmp").symlink_to(tmp_path / "elsewhere")
    folder = fresh_beside(tmp_path / "a")
    folder.mkdir()
    (folder / "half").touch()
    create(fresh_beside(tmp_path / "a")).close()
    sweep(tmp_path / "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, "elsewhere"])
    assert (tmp_path / "elsewhere" / "theirs").exists()


def test_nothing_is_removed_where_nothing_is(tmp_path: Path) -> None:
    remove(tmp_path / "nowhere")
    sweep(tmp_path / "nowhere" / "a")
