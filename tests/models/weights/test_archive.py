"""Members taken out of archives that are damaged, enormous, or named as on Windows."""

import io
import zipfile
from pathlib import Path

import pytest

from suite.catalog.errors import ModelError
from suite.models.weights.archive import extract

ORIGIN = "http://server/a.zip"


def archive(*names: str, content: bytes = b"net", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as opened:
        for name in names:
            opened.writestr(name, content)
    return held.getvalue()


def taken(folder: Path, data: bytes, member: str = "a.onnx") -> bytes:
    (folder / "a.zip").write_bytes(data)
    extract(folder / "a.zip", member, folder / "out", ORIGIN)
    return (folder / "out").read_bytes()


def said(folder: Path, data: bytes, member: str = "a.onnx") -> str:
    with pytest.raises(ModelError) as caught:
        taken(folder, data, member)
    message = str(caught.value)
    assert message.startswith(f"{ORIGIN}: ") and message.isprintable() and message.endswith(".")
    return message


@pytest.mark.parametrize("coding", ["cp1252", "utf-8", "cp437"])
def test_a_name_that_windows_wrote_is_found(tmp_path: Path, coding: str) -> None:
    name = "Jos\xe9.onnx".encode(coding)
    stand_in = "J" * len(name)
    data = archive(stand_in).replace(stand_in.encode(), name)
    assert taken(tmp_path, data, "Jos\xe9.onnx") == b"net"


def test_a_name_that_says_it_is_utf8_and_is_not_is_damage(tmp_path: Path) -> None:
    data = archive("Jos\xe9.onnx").replace("Jos\xe9".encode(), b"Jos\xe9s")
    assert "is no readable ZIP archive ('utf-8' codec can't decode" in said(tmp_path, data)


def test_every_damage_is_the_archives_own(tmp_path: Path) -> None:
    """A system's error that a wrong offset leads to is none of the folder's."""
    whole = archive("a.onnx", content=b"network " * 50)
    for place in range(len(whole)):
        for byte in (0x00, 0xFF, whole[place] ^ 0x80):
            data = whole[:place] + bytes([byte]) + whole[place + 1 :]
            (tmp_path / "a.zip").write_bytes(data)
            try:
                extract(tmp_path / "a.zip", "a.onnx", tmp_path / "out", ORIGIN)
            except ModelError as error:
                assert str(error).startswith(f"{ORIGIN}: ") and str(error).isprintable()
            else:
                assert (tmp_path / "out").read_bytes() == b"network " * 50
    for end in range(len(whole)):
        said(tmp_path, whole[:end])


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_is_not_unpacked(tmp_path: Path, method: int) -> None:
    bomb = archive("a.onnx", content=bytes(80 << 20), method=method)
    assert "'a.onnx' would be 83,886,080 bytes of " in said(tmp_path, bomb)
    assert not (tmp_path / "out").exists()


def test_names_of_members_are_cut_and_spelt_out(tmp_path: Path) -> None:
    message = said(tmp_path, archive("\x1b[2J" + "x" * 60_000, "b"))
    assert len(message) < 400
    assert r"it holds '\x1b[2Jxxx" in message
