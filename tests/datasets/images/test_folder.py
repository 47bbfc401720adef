"""Naming images below a folder."""

import os
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest

from suite.catalog.errors import DatasetError, SuiteError
from suite.datasets.images.folder import images_below, passed_over, plain_name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("ann/1.jpg", "ann/1.jpg"),
        (" ann\\.\\1.jpg ", "ann/1.jpg"),
        ("ann//1.jpg", "ann/1.jpg"),
        ("ann/../1.jpg", None),
        ("../1.jpg", None),
        ("/etc/passwd", None),
        ("C:\\1.jpg", None),
        ("", None),
        (".", None),
    ],
)
def test_a_name_stays_below_its_folder(given, name):
    assert plain_name(given) == name


def test_images_come_in_the_order_of_their_paths(tmp_path):
    for name in ("b/1.JPG", "a-b/1.png", "a/1.png", "a/.1.png", "a/1.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = [image.name for image in images_below(tmp_path)]
    assert found == ["a/1.png", "a-b/1.png", "b/1.JPG"]


def test_images_of_any_name_are_told_by_how_they_begin(tmp_path):
    image = np.zeros((2, 2, 3), np.uint8)
    for name, suffix in (("ann", ".jpg"), ("bob.0001", ".png"), ("c.jfif", ".jpg"), ("d", ".tiff")):
        (tmp_path / name).write_bytes(cv2.imencode(suffix, image)[1].tobytes())
    for name in ("e.tif", "f.TIFF", "g.pbm"):
        below(tmp_path, name)
    others = {"h": b"BMW and others", "i.txt": b"P5 is no size", "j.dng": b"II*\0", "k": b""}
    for name, content in others.items():
        (tmp_path / name).write_bytes(content)
    found = [image.name for image in images_below(tmp_path)]
    assert found == ["ann", "bob.0001", "c.jfif", "d", "e.tif", "f.TIFF", "g.pbm"]
    photos, others_said = passed_over(tmp_path)
    assert photos.startswith("1 photo below its folder (j.dng)")
    assert others_said.startswith("3 files below its folder (the first h)")


def below(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_hidden_folders_are_not_looked_into(tmp_path):
    below(
        tmp_path,
        "a/1.png",
        "@eaDir/1.png",
        ".trash/b/1.png",
        "a/.thumbs/1.png",
        "a/@x/1.gif",
        "@1.png",
    )
    assert [image.name for image in images_below(tmp_path)] == ["@1.png", "a/1.png"]
    assert passed_over(tmp_path) == ()


def test_files_that_are_no_images_are_counted(tmp_path):
    below(tmp_path, "a/1.png", "a/2.doc", "a/3.HEIC", "a/3.gif", "a/4", ".DS_Store", "a/Thumbs.db")
    (tmp_path / "a/5.png").symlink_to(tmp_path / "nowhere.png")
    assert passed_over(tmp_path) == (
        "2 photos below its folder (the first a/3.HEIC) left out: nothing here reads .gif, .heic; "
        "convert to JPEG or PNG",
        "3 files below its folder (the first a/2.doc) have no image's suffix or are links to no "
        "file: passed over",
    )
    assert [image.name for image in images_below(tmp_path)] == ["a/1.png"]


def test_a_file_that_the_card_names_is_not_counted(tmp_path):
    below(tmp_path, "1.png", "pairs.txt", "notes.txt")
    assert passed_over(tmp_path, [tmp_path / "pairs.txt"]) == (
        "1 file below its folder (notes.txt) has no image's suffix or is a link to no file: "
        "passed over",
    )


def test_a_link_to_itself_is_passed_over(tmp_path):
    below(tmp_path, "a/1.png")
    (tmp_path / "a/2.png").symlink_to(tmp_path / "a/2.png")
    assert [image.name for image in images_below(tmp_path)] == ["a/1.png"]
    assert passed_over(tmp_path)[0].startswith("1 file below its folder (a/2.png)")


def test_names_that_are_no_text_are_spelt_out(tmp_path):
    below(tmp_path, os.fsdecode(b"\xe9/1.png"), os.fsdecode(b"\xe9/1.doc"))
    (image,) = images_below(tmp_path)
    assert (image.name, image.path.exists()) == ("\\udce9/1.png", True)
    assert passed_over(tmp_path)[0].startswith("1 file below its folder (\\udce9/1.doc)")


def test_a_link_to_a_folder_is_followed(tmp_path):
    below(tmp_path, "elsewhere/1.png", "set/a/2.png", "elsewhere/x.doc")
    (tmp_path / "set/b").symlink_to(tmp_path / "elsewhere")
    assert [image.name for image in images_below(tmp_path / "set")] == ["a/2.png", "b/1.png"]
    assert passed_over(tmp_path / "set")[0].startswith("1 file below its folder (b/x.doc)")


def test_links_that_go_round_are_refused(tmp_path):
    below(tmp_path, "set/a/1.png")
    (tmp_path / "set/a/b").symlink_to(tmp_path / "set")
    with pytest.raises(DatasetError, match=r"a/b: is a link back to a folder that it lies in"):
        list(images_below(tmp_path / "set"))


def test_links_that_multiply_are_refused(tmp_path):
    for number in range(8):
        below(tmp_path, f"{number}/1.png")
        for name in ("x", "y"):
            (tmp_path / f"{number}/{name}").symlink_to(tmp_path / f"{number + 1}")
    below(tmp_path, "8/1.png")
    with pytest.raises(DatasetError, match="the 5th link on its way"):
        list(images_below(tmp_path / "0"))


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    below(tmp_path, "a/1.png", "b/1.png")
    listed = Path.iterdir

    def refusing(path):
        if path.name == "b":
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", refusing)
    with pytest.raises(SuiteError, match=r"/b: the system refuses it \(Permission denied\)"):
        list(images_below(tmp_path))


def test_names_are_composed_whatever_the_disk_has(tmp_path):
    below(tmp_path, unicodedata.normalize("NFD", "Jos\u00e9/1.png"))
    (image,) = images_below(tmp_path)
    assert (image.name, image.path.exists()) == ("Jos\u00e9/1.png", True)
