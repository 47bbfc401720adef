"""Damage that a set allows is used and counted; ends of zeros are counted."""

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from suite.catalog.alignment import LandmarkAlign
from suite.catalog.dataset_card import BinDataset, FolderDataset
from suite.catalog.errors import DatasetError
from suite.datasets.face_set import FaceSet
from suite.datasets.images.decoder import decode
from suite.datasets.loader import load_dataset
from suite.report.names import Names

FACE = cv2.GaussianBlur(
    np.random.default_rng(1).integers(0, 256, (112, 112, 3), np.uint8), (0, 0), 3
)
WHOLE = bytes(cv2.imencode(".jpg", FACE)[1])
# Data of the picture's beginning behind its end: libjpeg says so and gives the whole picture.
DAMAGED = WHOLE[:-2] + WHOLE[700:900].replace(b"\xff", b"\xfe") + b"\xff\xd9"
SAID = "1 of 2 images (b.jpg) has damage that libraries went over: used as they are decoded"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "a.jpg").write_bytes(bytes(cv2.imencode(".jpg", FACE[::-1])[1]))
    (tmp_path / "faces" / "b.jpg").write_bytes(DAMAGED)
    return tmp_path


def of_folder(folder: Path, **keys: object) -> FaceSet:
    card = FolderDataset(
        id="own", kind="folder", folder="faces", card_file=folder / "own.toml", **keys
    )
    return load_dataset(card, lambda name: folder / name, folder / "cache")


def aligned(folder: Path) -> LandmarkAlign:
    points = "38,52,74,52,56,72,42,92,71,92"
    (folder / "points.csv").write_text(f"a.jpg,{points}\nb.jpg,{points}\n")
    return LandmarkAlign(method="landmarks", landmarks="points.csv")


@pytest.mark.parametrize("unreadable", ["error", "skip"])
def test_damage_is_used_as_it_is_decoded_and_counted_where_the_card_says_so(folder, unreadable):
    found = of_folder(folder, damaged="count", unreadable=unreadable)
    assert SAID in found.remarks
    assert len(found.faces) == 2
    np.testing.assert_array_equal(
        decode(found.faces[1].read(), "b.jpg"), cv2.imdecode(np.frombuffer(WHOLE, np.uint8), 1)
    )
    assert found.sha256 == of_folder(folder).sha256


def test_damage_is_an_error_where_the_card_says_nothing(folder):
    damaged = of_folder(folder).faces[1]
    with pytest.raises(DatasetError, match=r"b.jpg: this JPEG is damaged: libjpeg says 'Corrupt"):
        decode(damaged.read(), damaged.name)
    left_out = of_folder(folder, unreadable="skip")
    assert len(left_out.faces) == 1
    assert "(b.jpg) has no picture that can be decoded: left out" in left_out.remarks[0]


def test_a_damaged_image_is_aligned_and_never_found_by_a_set_that_refuses_it(folder):
    align = aligned(folder)
    for _ in range(2):  # the second time from the cache
        found = of_folder(folder, damaged="count", align=align)
        assert SAID in found.remarks
        assert decode(found.faces[1].read(), "b.jpg").shape == (112, 112, 3)
    with pytest.raises(DatasetError, match=r"b.jpg: this JPEG is damaged"):
        of_folder(folder, align=align)


def test_a_bins_damaged_images_are_counted_too(tmp_path):
    content = ([WHOLE, DAMAGED, WHOLE, WHOLE], [True, False])
    (tmp_path / "faces.bin").write_bytes(pickle.dumps(content))
    card = BinDataset(
        id="own", kind="bin", file="faces.bin", folds=2, card_file=tmp_path / "own.toml"
    )
    with pytest.raises(DatasetError, match=r"faces.bin\[1\]: this JPEG is damaged"):
        [decode(face.read(), face.name) for face in load_dataset(card, tmp_path.joinpath).faces]
    allowed = card.model_copy(update={"damaged": "count"})
    found = load_dataset(allowed, tmp_path.joinpath)
    said = "1 of 4 images (faces.bin[1]) has damage that libraries went over: used as they are deco"
    assert any(remark.startswith(said) for remark in found.remarks)
    assert [decode(face.read(), face.name).shape for face in found.faces] == [(112, 112, 3)] * 2


@pytest.mark.parametrize("suffix", [".bmp", ".ppm", ".pgm"])
def test_an_end_of_zeros_from_a_block_on_is_counted(folder, suffix):
    image = FACE if suffix != ".pgm" else np.ascontiguousarray(FACE[..., 0])
    whole = bytes(cv2.imencode(suffix, image)[1])
    faces = folder / "faces"
    (faces / "b.jpg").write_bytes(WHOLE)
    (faces / f"c{suffix}").write_bytes(whole)
    assert not any("zeros" in remark for remark in of_folder(folder).remarks)
    (faces / f"d{suffix}").write_bytes(whole[:4096] + bytes(len(whole) - 4096))
    remarks = of_folder(folder).remarks
    said = f"1 of 4 images (d{suffix}) has zeros from a disk's block to their end, black edges or"
    assert any(remark.startswith(said) for remark in remarks)


def test_a_black_edge_is_no_end_of_zeros(folder):
    image = FACE.copy()
    image[:30] = 0  # a BMP's last rows
    (folder / "faces" / "b.jpg").write_bytes(bytes(cv2.imencode(".bmp", image)[1]))
    assert not any("zeros" in remark for remark in of_folder(folder).remarks)


def test_reports_hide_what_is_counted():
    assert "b.jpg" not in Names().hidden_in(SAID)
    assert "Ann Dro" not in Names().hidden_in(SAID.replace("b.jpg", "the first Ann Dro/1.bmp"))
