"""Faces by which harm is decided: of nobody in a set, so many of each."""

import io
import tarfile
from pathlib import Path

import cv2
import numpy as np

from suite.catalog.folder import read_catalog
from tests.mutations.independent import _of_lfw, rendered


def write_tar(path: Path, pictures: dict[str, int]) -> None:
    rng = np.random.default_rng(0)
    with tarfile.open(path, "w") as tar:
        for who, count in pictures.items():
            for number in range(count):
                image = rng.integers(0, 256, (250, 250, 3), dtype=np.uint8)
                data = bytes(cv2.imencode(".jpg", image)[1])
                member = tarfile.TarInfo(f"lfw/{who}/{who}_{number:04d}.jpg")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))


def test_rendered_faces_are_kept_and_say_who_is_who(tmp_path: Path) -> None:
    first = rendered(tmp_path, people=2, pictures=3)
    assert (len(first.faces), first.person_count) == (6, 2)
    again = rendered(tmp_path, people=2, pictures=3)
    assert again.sha256 == first.sha256
    assert len(list(tmp_path.iterdir())) == 1


def test_rendered_people_are_of_the_split_that_no_committed_set_is_of(tmp_path: Path) -> None:
    card = read_catalog().datasets["embedded-evaluation"]
    committed = (Path(card.card_file).parent / card.file).read_bytes()
    assert not any(face.read() in committed for face in rendered(tmp_path, 2, 2).faces)


def test_of_lfw_those_with_enough_pictures_give_as_many_each(tmp_path: Path) -> None:
    write_tar(tmp_path / "lfw.tar", {"A": 7, "B": 5, "C": 6})
    found = list(_of_lfw(tmp_path / "lfw.tar"))
    assert [who for who, _ in found] == ["A"] * 6 + ["C"] * 6
    image = cv2.imdecode(np.frombuffer(found[0][1], np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (112, 112, 3)
