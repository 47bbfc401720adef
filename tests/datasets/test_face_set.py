"""Sets of faces: distinct by content, and known by it."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.catalog.errors import DatasetError
from suite.datasets.face import Face
from suite.datasets.face_set import PairList, face_set, refuse_shared_faces, shared_faces


def faces(*contents: bytes) -> list[Face]:
    return [Face.held(f"set.bin[{n}]", data) for n, data in enumerate(contents)]


def test_images_of_one_content_are_one_face():
    made = face_set(
        "set", faces(b"a", b"b", b"a", b"c"), PairList([0, 2], [1, 3], [True, False], 2)
    )
    assert [face.read() for face in made.faces] == [b"a", b"b", b"c"]
    assert [face.name for face in made.faces] == ["set.bin[0]", "set.bin[1]", "set.bin[3]"]
    assert made.left.tolist() == [0, 0]
    assert made.right.tolist() == [1, 2]
    assert (made.left.dtype, made.right.dtype) == (np.int64, np.int64)


@given(st.lists(st.tuples(st.sampled_from(b"abcde"), st.sampled_from(b"abcde"), st.booleans())))
def test_dedupe_keeps_the_content_of_every_pair(pairs):
    contents = [bytes([side]) for left, right, _ in pairs for side in (left, right)]
    first = np.arange(0, len(contents), 2)
    made = face_set(
        "set", faces(*contents), PairList(first, first + 1, [same for *_, same in pairs], 1)
    )
    rebuilt = [
        (made.faces[left].read()[0], made.faces[right].read()[0], bool(same))
        for left, right, same in zip(made.left, made.right, made.genuine, strict=True)
    ]
    assert rebuilt == pairs
    assert len({face.sha256 for face in made.faces}) == len(made.faces)


def test_the_hash_is_of_content_and_not_of_names(tmp_path):
    path = tmp_path / "elsewhere.jpg"
    path.write_bytes(b"a")
    held = face_set("one", faces(b"a", b"b"), PairList([0], [1], [True], 2))
    filed = [
        Face("elsewhere.jpg", hashlib.sha256(b"a").hexdigest(), path),
        Face.held("x", b"b"),
        Face.held("y", b"a"),
    ]
    assert face_set("two", filed, PairList([2], [1], [True], 2)).sha256 == held.sha256


@pytest.mark.parametrize(
    "other",
    [
        face_set("set", faces(b"a", b"x"), PairList([0], [1], [True], 2)),
        face_set("set", faces(b"a", b"b"), PairList([1], [0], [True], 2)),
        face_set("set", faces(b"a", b"b"), PairList([0], [1], [False], 2)),
        face_set("set", faces(b"a", b"b"), PairList([0], [1], [True], 3)),
        face_set("set", faces(b"a", b"b")),
    ],
    ids=["image", "sides", "flag", "folds", "no-pairs"],
)
def test_the_hash_changes_with(other):
    assert other.sha256 != face_set("set", faces(b"a", b"b"), PairList([0], [1], [True], 2)).sha256


def test_a_face_hashes_its_encoded_bytes():
    assert Face.held("face.pgm", b"abc").sha256 == hashlib.sha256(b"abc").hexdigest()


def test_a_faces_file_is_read_each_time(tmp_path):
    path = tmp_path / "face.pgm"
    path.write_bytes(b"abc")
    face = Face("face.pgm", hashlib.sha256(b"abc").hexdigest(), path)
    assert face.read() == b"abc"
    path.unlink()
    with pytest.raises(DatasetError, match=r"face\.pgm: this image cannot be read"):
        face.read()


def test_pairs_cannot_be_changed():
    made = face_set("set", faces(b"a", b"b"), PairList([0], [1], [True], 1))
    with pytest.raises(ValueError, match="read-only"):
        made.left[0] = 1


def test_shared_faces_are_found_by_content_and_refused_by_name():
    calibration = face_set("cal", [Face.held("s31/a.jpg", b"a"), Face.held("s31/b.jpg", b"b")])
    evaluation = face_set("eval", faces(b"x", b"b"), PairList([0], [1], [False], 1))
    assert shared_faces(calibration, evaluation) == ((calibration.faces[1], evaluation.faces[1]),)
    with pytest.raises(
        DatasetError,
        match=r"1 of the 2 images of calibration set 'cal' are also in 'eval', the "
        r"first as s31/b\.jpg and set\.bin\[1\]",
    ):
        refuse_shared_faces(calibration, evaluation)


def test_sets_that_share_no_face_pass():
    refuse_shared_faces(face_set("cal", faces(b"a")), face_set("eval", faces(b"b")))


def test_people_are_numbered_as_they_first_appear_and_part_of_the_hash():
    given = [faces(b"a", b"b", b"a", b"c"), PairList([0, 2], [1, 3], [True, False], 2)]
    made = face_set("set", *given, people=["eve", "eve", "eve", "ada"])
    assert made.people.tolist() == [0, 0, 1]
    assert face_set("set", *given).people is None
    assert made.sha256 != face_set("set", *given).sha256
    assert made.sha256 == face_set("set", *given, people=["x", "x", "x", "y"]).sha256


def test_an_image_that_shows_two_people_is_refused():
    with pytest.raises(
        DatasetError, match=r"set\.bin\[2\] is said to show 'ada', and set\.bin\[0\]"
    ):
        face_set("set", faces(b"a", b"b", b"a", b"c"), people=["eve", "eve", "ada", "ada"])


@pytest.mark.parametrize(
    ("genuine", "said"),
    [([False, False], "labelled impostor, and its images show one person"),
     ([True, True], "labelled genuine, and its images show two people")],
)  # fmt: skip
def test_pairs_that_contradict_the_identities_are_refused(genuine, said):
    with pytest.raises(DatasetError, match=f"1 of the 2 pairs of 'set' .*{said}"):
        face_set(
            "set", faces(b"a", b"b", b"c", b"d"), PairList([0, 2], [1, 3], genuine, 2), list("ppqr")
        )


def test_odd_pairs_are_counted():
    left, right = [0, 0, 1, 2, 3, 0, 4], [1, 1, 0, 2, 3, 2, 1]
    genuine = [True, True, False, True, True, False, True]
    made = face_set("set", faces(b"a", b"b", b"c", b"d", b"a"), PairList(left, right, genuine, 2))
    assert made.remarks == (
        "2 of the 7 pairs are of an image with itself",
        "1 of the 7 pairs is labelled genuine and impostor both",
        "2 of the 7 pairs are listed again",
    )
    assert len(made.genuine) == 7
