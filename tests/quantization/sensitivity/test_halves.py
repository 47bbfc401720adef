"""Faces that set ranges and faces that layers are weighed on."""

import pytest

from suite.catalog.errors import ArtifactError
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet, face_set
from suite.quantization.sensitivity.halves import apart, halves


def of(names: str, people: str | None = None) -> FaceSet:
    faces = [Face.held(name, name.encode()) for name in names]
    return face_set("calibration", faces, people=list(people) if people else None)


def named(faces: FaceSet) -> str:
    return "".join(face.name for face in faces.faces)


def test_every_other_person_is_kept_apart_with_all_their_images() -> None:
    first, second = halves(of("abcdefg", "1122313"))
    assert (named(first), named(second)) == ("abefg", "cd")


def test_where_nobody_says_who_is_who_it_is_every_other_image() -> None:
    assert tuple(map(named, halves(of("abcde")))) == ("ace", "bd")
    assert tuple(map(named, halves(of("abcd", "1111")))) == ("ac", "bd")


def test_one_image_has_no_halves() -> None:
    with pytest.raises(ArtifactError, match=r"equal images count once.*of which no half"):
        halves(of("a"))


def test_named_faces_leave_calibration_whole() -> None:
    calibration, selection = of("abcd"), of("xy")
    assert apart(calibration, selection) == (calibration, selection)
    assert tuple(map(named, apart(calibration, None))) == ("ac", "bd")
