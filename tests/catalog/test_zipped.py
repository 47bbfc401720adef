"""Archives whose members are held against their checksums."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from suite.catalog.errors import SuiteError
from suite.catalog.zipped import damage_in


def archive(content: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as opened:
        opened.writestr("net/data.pkl", content)
    return held.getvalue()


def damage(tmp_path: Path, data: bytes) -> str | None:
    path = tmp_path / "a.pt"
    path.write_bytes(data)
    return damage_in(path)


def test_what_is_whole_or_no_archive_has_no_damage(tmp_path: Path) -> None:
    assert damage(tmp_path, archive(b"weights")) is None
    assert damage(tmp_path, b"\x80\x02}q") is None


def test_a_changed_byte_is_damage(tmp_path: Path) -> None:
    damaged = archive(b"weights").replace(b"weights", b"wEights")
    assert damage(tmp_path, damaged) == "damaged at 'net/data.pkl'"


def test_a_changed_byte_of_a_member_without_a_name_is_damage(tmp_path: Path) -> None:
    damaged = archive(b"weights").replace(b"weights", b"wEights").replace(b"net/data", b"\0et/data")
    assert damage(tmp_path, damaged) == "damaged at ''"


def test_a_name_that_is_no_utf8_is_damage(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as opened:
        opened.writestr("Jos\xe9.pkl", b"weights")
    said = damage(tmp_path, held.getvalue().replace("Jos\xe9".encode(), b"Jos\xe9s"))
    assert said is not None and said.startswith("damaged: 'utf-8' codec can't decode")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = archive(bytes(80 << 20), zipfile.ZIP_BZIP2)
    assert len(bomb) < 1000
    said = damage(tmp_path, bomb)
    assert said == f"its {len(bomb)} bytes would be 83,886,080 unpacked"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SuiteError, match="is a pipe or a device"):
        damage_in(tmp_path / "pipe")
