"""People's folders that are not as they should be, and pictures that count once."""

import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest

from suite.catalog.dataset_card import PeopleDataset
from suite.catalog.errors import DatasetError
from suite.datasets.kinds.people import face_set_of
from suite.datasets.reading import Reading


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(f"{p}/{n}.png" for p in ("Ann", "Bob") for n in range(4)):
        path = tmp_path / "faces" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((9, 9, 3), number, np.uint8))
    return tmp_path


def read(folder: Path):
    card = PeopleDataset(
        id="set",
        kind="people",
        folder="faces",
        folds=2,
        pairs_per_fold=2,
        card_file=Path("set.toml"),
    )
    return face_set_of(card, Reading(lambda relative: folder / relative, folder / "aligned"))


def test_a_picture_that_a_person_has_twice_counts_once(folder: Path) -> None:
    whole = read(folder)
    same = folder / "faces/Ann/9.png"
    same.write_bytes((folder / "faces/Ann/0.png").read_bytes())
    made = read(folder)
    assert (len(made.faces), made.sha256) == (8, whole.sha256)
    assert "1 images are there twice for one person, and count once" in made.remarks


def test_an_image_beside_the_folders_is_refused(folder: Path) -> None:
    (folder / "faces/Ann/0.png").rename(folder / "faces/stray.png")
    with pytest.raises(DatasetError, match=r"stray\.png: lies beside the people's folders"):
        read(folder)


def test_a_person_without_images_is_refused(folder: Path) -> None:
    (folder / "faces/Cid").mkdir()
    (folder / "faces/@eaDir").mkdir()
    with pytest.raises(DatasetError, match="Cid: this person's folder holds no image"):
        read(folder)


def test_a_persons_folder_may_have_its_letters_apart(folder: Path) -> None:
    (folder / "faces/Ann").rename(folder / "faces" / unicodedata.normalize("NFD", "Jos\u00e9"))
    made = read(folder)
    assert {face.name.split("/")[0] for face in made.faces} == {"Jos\u00e9", "Bob"}


def test_too_few_pairs_name_the_card_and_the_folder(folder: Path) -> None:
    for path in (folder / "faces/Bob").iterdir():
        path.unlink()
    (folder / "faces/Bob").rmdir()
    with pytest.raises(DatasetError, match=r"set\.toml: below .*faces, 1 people make 0 impostor"):
        read(folder)


def test_too_few_pairs_say_which_photos_were_left_out(folder: Path) -> None:
    for number in (1, 2, 3):
        for person in ("Ann", "Bob"):
            file = folder / "faces" / person / f"{number}.png"
            file.unlink()
            file.with_suffix(".HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(DatasetError) as caught:
        read(folder)
    assert "2 people make 0 genuine pairs" in str(caught.value)
    assert (
        "6 photos below its folder (the first Ann/1.HEIC) left out: nothing here reads .heic"
        in (str(caught.value))
    )
