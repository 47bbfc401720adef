"""What a gate says of the faces that an artifact was calibrated on."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from suite.catalog.dataset_card import BinDataset, FolderDataset
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet, face_set
from suite.datasets.looks import Looks
from suite.gates.calibrated_on import calibrated_on, calibration_said, few_in_words

LOOKS = Looks("faces", 10, 112.0, 112.0, 0.0, 1.0, 110.0, np.zeros((16, 16)), 0.0)
CARD = {"id": "faces", "title": "x", "card_file": Path("faces.toml")}


def faces() -> FaceSet:
    held = [Face.held(f"{n}", bytes([n])) for n in range(40)]
    return face_set("faces", held, remarks=["18 of 20 images have no picture: left out"])


def work(*, brought: bool = False, needs: bool = True, card: object = None, people: object = None):
    looks = {"faces": LOOKS, "lfw": replace(LOOKS, dataset="lfw", grey=1.0), "same": LOOKS}
    card = card or FolderDataset(**CARD, kind="folder", folder="../faces")
    bench = SimpleNamespace(
        catalog=SimpleNamespace(datasets={"faces": card}), looks=lambda name: looks[name]
    )
    recipe = SimpleNamespace(needs_calibration=needs)
    calibration = replace(faces(), people=people)
    return SimpleNamespace(
        artifact=SimpleNamespace(brought=brought),
        ingredients=SimpleNamespace(recipe=recipe, calibration=calibration),
        bench=bench,
        model=SimpleNamespace(
            evaluation=("lfw", "same"), preprocess=SimpleNamespace(height=112, width=112)
        ),
    )


@pytest.mark.parametrize("case", [{"brought": True}, {"needs": False}], ids=["brought", "dynamic"])
def test_what_was_not_calibrated_here_says_nothing(case: dict[str, bool]) -> None:
    assert (calibrated_on(work(**case)), calibration_said(work(**case))) == (None, ((), ()))


@pytest.mark.parametrize(("count", "said"), [(31, True), (32, False)])
def test_few_faces_are_named(count: int, said: bool) -> None:
    few = face_set("faces", [Face.held(f"{n}", bytes([n])) for n in range(count)] * 2)
    words = few_in_words(few)
    assert (words is not None) is said
    if words:
        assert words.startswith(f"calibration set 'faces' has {count} distinct images: ranges")


def test_it_says_where_the_faces_are_and_whom_they_show() -> None:
    found = calibrated_on(work())
    assert found is not None
    assert (found.place, found.people) == ("folder ../faces", None)
    assert (found.size, found.colour, found.alignment) == (
        *("112 × 112 px", "in colour", "used as they are"),
    )
    card = BinDataset(**CARD, kind="bin", file="faces.bin")
    found = calibrated_on(work(card=card, people=np.array([0, 1, 1])))
    assert found is not None
    assert (found.place, found.people) == ("file faces.bin", 2)


def test_what_was_left_out_and_what_is_unlike_is_remarked() -> None:
    (unlike,), (left_out,) = calibration_said(work())
    assert left_out == "calibration set 'faces': 18 of 20 images have no picture: left out"
    assert unlike.startswith("calibration set 'faces' is unlike evaluation set 'lfw': in colour")
