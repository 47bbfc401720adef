"""Images alone, for calibration."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from suite.catalog.dataset_card import FolderDataset
from suite.catalog.errors import DatasetError
from suite.datasets.kinds.folder import face_set_of
from suite.datasets.reading import Reading


def read(folder: Path, **keys: object):
    card = FolderDataset(
        id="set", kind="folder", folder="faces", card_file=Path("set.toml"), **keys
    )
    return face_set_of(card, Reading(lambda relative: folder / relative, folder / "aligned"))


def test_every_image_below_the_folder_is_a_face_without_pairs(tmp_path: Path) -> None:
    for number, name in enumerate(("a.png", "b/c.png")):
        path = tmp_path / "faces" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((9, 9, 3), number, np.uint8))
    made = read(tmp_path)
    assert [face.name for face in made.faces] == ["a.png", "b/c.png"]
    assert (len(made.genuine), made.folds, made.people) == (0, 0, None)


def test_copies_are_counted(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    for number, name in enumerate("abcd"):
        image = np.full((9, 9, 3), number // 3, np.uint8)
        cv2.imwrite(str(tmp_path / "faces" / f"{name}.png"), image)
    made = read(tmp_path)
    assert len(made.faces) == 2
    assert made.remarks == ("2 of 4 images are copies of others and count once",)


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    with pytest.raises(DatasetError, match="faces: holds no image"):
        read(tmp_path)


def test_a_folder_of_which_nothing_remains_is_refused(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces/a.png").write_bytes(b"no image")
    with pytest.raises(DatasetError, match=r"set\.toml: no image of 'set' remains: 1 of 1 images"):
        read(tmp_path, unreadable="skip")
