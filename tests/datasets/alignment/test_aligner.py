"""Image files made faces: aligned, kept in a cache, left out."""

import hashlib
import shutil
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from suite.catalog.alignment import AlignSpec, LandmarkAlign, MarginAlign, YunetAlign
from suite.catalog.dataset_card import FolderDataset
from suite.catalog.errors import DatasetError
from suite.datasets.alignment import aligner
from suite.datasets.alignment.aligner import CutFaces, cut_faces
from suite.datasets.alignment.detector import Detector, Found, TooLargeError, check_detector
from suite.datasets.alignment.geometry import TEMPLATE
from suite.datasets.face_set import face_set, shared_faces
from suite.datasets.images.decoder import decode
from suite.datasets.images.folder import images_below
from suite.datasets.reading import Reading

CARD = Path("datasets/set.toml")
CENTRE = MarginAlign(method="margin", centre=60, margin=0, size=32)
STANDING_IN = b"what stands in for a detector"
DIGEST = hashlib.sha256(STANDING_IN).hexdigest()
YUNET = YunetAlign(method="yunet", detector="yunet.onnx", detector_sha256=DIGEST)


def picture(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (100, 80, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "faces").mkdir()
    for name, seed in (("a.png", 0), ("b.png", 1), ("c.png", 2)):
        cv2.imwrite(str(tmp_path / "faces" / name), picture(seed))
    points = ",".join(str(value) for value in (TEMPLATE * 0.6 + 5).ravel())
    (tmp_path / "points.csv").write_text(f"a.png,{points}\nb.png,{points}\n")
    return tmp_path


def cut(folder: Path, align: AlignSpec | None = None, threads: int = 1, **keys) -> CutFaces:
    card = FolderDataset(
        id="set", kind="folder", folder="faces", align=align, card_file=CARD, **keys
    )
    images = list(images_below(folder / "faces"))
    reading = Reading(lambda relative: folder / relative, folder / "cache", None, threads)
    return cut_faces(card, images, reading)


def by_points(**keys) -> LandmarkAlign:
    return LandmarkAlign(method="landmarks", landmarks="points.csv", **keys)


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "cache").rglob("*") if path.is_file())


def damage(folder: Path) -> None:
    (folder / "faces" / "b.png").write_bytes((folder / "faces" / "b.png").read_bytes()[:500])


def test_without_align_a_face_is_its_file(folder):
    found = cut(folder)
    first = found.faces[0]
    assert first.source == folder / "faces" / "a.png"
    assert first.sha256 == hashlib.sha256(first.source.read_bytes()).hexdigest()
    assert (found.remarks, entries(folder)) == ((), [])


def test_an_aligned_face_is_a_file_of_the_cache(folder):
    found = cut(folder, CENTRE)
    for seed, (face, name) in enumerate(zip(found.faces, ("a.png", "b.png", "c.png"), strict=True)):
        expected = cv2.resize(picture(seed)[20:80, 10:70], (32, 32), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(decode(face.read(), face.name), expected)
        assert face.name == name
    assert [face.source for face in sorted(found.faces, key=lambda f: f.sha256)] == entries(folder)


def test_what_is_kept_is_not_made_again(folder, monkeypatch):
    first = cut(folder, CENTRE)
    monkeypatch.setattr(aligner, "crop", lambda *_: pytest.fail("it was cut again"))
    assert cut(folder, CENTRE) == first


def test_a_cache_that_cannot_be_written_serves_what_it_has(folder, monkeypatch):
    first = cut(folder, CENTRE)
    monkeypatch.setattr(Path, "write_bytes", lambda *_: pytest.fail("it was written"))
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: pytest.fail("it was written"))
    assert cut(folder, CENTRE) == first


def test_a_cache_that_cannot_be_written_is_named(folder):
    (folder / "cache").write_text("no folder")
    with pytest.raises(
        DatasetError, match=r"cannot keep aligned faces \(.*give another folder wit"
    ):
        cut(folder, CENTRE)


@pytest.mark.parametrize("left", [0, 60, -1])
def test_a_damaged_entry_is_made_again(folder, left):
    first = cut(folder, CENTRE)
    whole = [path.read_bytes() for path in entries(folder)]
    victim = entries(folder)[1]
    victim.write_bytes(victim.read_bytes()[:left])
    assert cut(folder, CENTRE) == first
    assert [path.read_bytes() for path in entries(folder)] == whole


@pytest.mark.parametrize(
    "other",
    [
        lambda paths: paths[0].read_bytes(),
        lambda _: cv2.imencode(".png", picture(9)[:32, :32])[1].tobytes(),
        lambda _: cv2.imencode(".png", np.zeros((1, 1, 3), np.uint8))[1].tobytes(),
        lambda _: cv2.imencode(".jpg", picture(9)[:32, :32])[1].tobytes(),
    ],
    ids=["another-entry", "another-png", "one-pixel", "jpeg"],
)
def test_an_exchanged_entry_is_made_again(folder, other):
    first = cut(folder, CENTRE)
    whole = [path.read_bytes() for path in entries(folder)]
    entries(folder)[1].write_bytes(other(entries(folder)))
    assert cut(folder, CENTRE) == first
    assert [path.read_bytes() for path in entries(folder)] == whole


def test_a_stray_mark_of_no_face_is_not_believed(folder):
    first = cut(folder, CENTRE)
    victim = entries(folder)[1]
    victim.unlink()
    victim.with_suffix(".none").touch()
    assert cut(folder, CENTRE) == first
    assert victim.is_file()


def test_nothing_half_written_is_left(folder):
    cut(folder, CENTRE)
    assert {path.suffix for path in entries(folder)} == {".png"}


@pytest.mark.parametrize(
    "other",
    [
        CENTRE.model_copy(update={"size": 48}),
        CENTRE.model_copy(update={"margin": 4}),
        CENTRE.model_copy(update={"centre": 50}),
        by_points(missing="skip"),
    ],
)
def test_another_way_of_aligning_is_another_face(folder, other):
    one, two = cut(folder, CENTRE).faces[0], cut(folder, other).faces[0]
    assert one.sha256 != two.sha256
    assert one.image_sha256 == two.image_sha256


def test_what_is_done_with_the_missing_changes_no_face(folder):
    one = cut(folder, by_points(missing="skip")).faces[0]
    assert cut(folder, by_points(missing="unaligned")).faces[0] == one


def place_points_of_b(folder: Path, shift: float) -> None:
    first = (folder / "points.csv").read_text().splitlines()[0]
    points = ",".join(str(value) for value in (TEMPLATE * 0.6 + shift).ravel())
    (folder / "points.csv").write_text(f"{first}\nb.png,{points}\n")


def test_landmarks_moved_are_another_face(folder):
    before = cut(folder, by_points(missing="skip")).faces
    place_points_of_b(folder, 3)
    after = cut(folder, by_points(missing="skip")).faces
    assert before[0] == after[0]
    assert before[1].sha256 != after[1].sha256


def test_landmarks_far_outside_their_image_are_named(folder):
    place_points_of_b(folder, 300)
    with pytest.raises(
        DatasetError, match=r"points\.csv: line 2: the points of 'b\.png' lie far o"
    ):
        cut(folder, by_points(missing="skip"))


def test_an_image_without_landmarks_is_named(folder):
    with pytest.raises(DatasetError) as caught:
        cut(folder, by_points())
    assert str(caught.value) == (
        "c.png: has no line in points.csv; add it there, or set align.missing to 'skip' or "
        f"'unaligned' in {CARD}."
    )


@pytest.mark.parametrize(
    ("missing", "what"), [("skip", "left out"), ("unaligned", "used unaligned")]
)
def test_images_without_landmarks_are_counted(folder, missing, what):
    found = cut(folder, by_points(missing=missing))
    remark = f"1 of 3 images (c.png) has no face that was found: {what}"
    assert found.remarks == (remark,)
    last = found.faces[2]
    assert last is None if missing == "skip" else last.source == folder / "faces" / "c.png"


@pytest.mark.parametrize("align", [None, CENTRE, by_points(missing="skip")])
def test_an_image_that_cannot_be_decoded_is_counted(folder, align):
    damage(folder)
    found = cut(folder, align, unreadable="skip")
    assert found.faces[1] is None
    assert found.faces[0] is not None
    said = "1 of 3 images (b.png) has no picture that can be decoded: left out"
    assert found.remarks[-1] == said


def test_an_image_that_cannot_be_decoded_is_named(folder):
    damage(folder)
    with pytest.raises(
        DatasetError, match=r"b\.png: this PNG is cut short; fetch the image again\."
    ):
        cut(folder, CENTRE)


class NoFaceInB:
    """A detector that finds none in the second picture."""

    made = 0

    def __init__(self, *_: object) -> None:
        type(self).made += 1

    def find(self, image, name):
        return None if name == "b.png" else Found((10.0, 20.0, 40.0, 50.0), TEMPLATE * 0.6)


@pytest.fixture
def no_face_in_b(folder, monkeypatch):
    (folder / "yunet.onnx").write_bytes(STANDING_IN)
    monkeypatch.setattr(aligner, "Detector", NoFaceInB)
    monkeypatch.setattr(NoFaceInB, "made", 0)


@pytest.mark.parametrize("again", [False, True], ids=["first", "again"])
@pytest.mark.usefixtures("no_face_in_b")
def test_an_image_without_a_face_is_counted_and_remembered(folder, again):
    align = YUNET.model_copy(update={"missing": "skip"})
    found = cut(folder, align)
    if again:
        assert cut(folder, align) == found
    assert NoFaceInB.made == 1
    assert [face is None for face in found.faces] == [False, True, False]
    assert found.remarks == ("1 of 3 images (b.png) has no face that was found: left out",)


@pytest.mark.usefixtures("no_face_in_b")
def test_an_image_without_a_face_is_named(folder):
    with pytest.raises(DatasetError) as caught:
        cut(folder, YUNET)
    assert str(caught.value) == (
        "b.png: no face was found in this image; lower align.score, change align.enlarge, or set "
        f"align.missing to 'skip' or 'unaligned' in {CARD}."
    )


class TooLarge(NoFaceInB):
    """A detector for which the second picture is too large."""

    def find(self, image, name):
        if name == "b.png":
            raise TooLargeError("b.png: is 9,000 × 9,000 pixels when padded; lower align.enlarge.")
        return super().find(image, name)


@pytest.mark.parametrize(
    ("missing", "unreadable", "what"),
    [
        ("skip", "error", "left out"),
        ("error", "skip", "left out"),
        ("skip", "skip", "left out"),
        ("unaligned", "error", "used unaligned"),
        ("unaligned", "skip", "used unaligned"),
    ],
)
@pytest.mark.usefixtures("no_face_in_b")
def test_an_image_too_large_to_be_enlarged_is_counted(
    folder, monkeypatch, missing, unreadable, what
):
    monkeypatch.setattr(aligner, "Detector", TooLarge)
    align = YUNET.model_copy(update={"missing": missing})
    for _ in range(2):
        found = cut(folder, align, unreadable=unreadable)
        assert found.remarks == (
            f"1 of 3 images (b.png) has too many pixels to be enlarged for detection: {what}",
        )
        assert (found.faces[1] is None) == (what == "left out")


@pytest.mark.usefixtures("no_face_in_b")
def test_an_image_too_large_to_be_enlarged_is_named(folder, monkeypatch):
    monkeypatch.setattr(aligner, "Detector", TooLarge)
    with pytest.raises(TooLargeError, match=r"b\.png: is 9,000"):
        cut(folder, YUNET)


@pytest.mark.usefixtures("no_face_in_b")
def test_a_detectors_box_is_cut_with_its_margin(folder):
    align = MarginAlign(
        method="margin",
        detector="yunet.onnx",
        detector_sha256=DIGEST,
        margin=0,
        size=40,
        missing="skip",
    )
    face = cut(folder, align).faces[0]
    expected = cv2.resize(picture(0)[20:70, 10:50], (40, 40), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(decode(face.read(), "a"), expected)


def test_an_image_in_two_sets_is_shared_however_it_is_cut(folder):
    plain = face_set("calibration", cut(folder).faces)
    aligned = face_set("evaluation", cut(folder, CENTRE).faces)
    assert len(shared_faces(plain, aligned)) == len(shared_faces(aligned, plain)) == 3


@pytest.mark.usefixtures("no_face_in_b")
def test_a_detector_that_changed_is_refused_though_every_face_is_kept(folder):
    align = YUNET.model_copy(update={"missing": "skip"})
    cut(folder, align)
    (folder / "yunet.onnx").write_bytes(b"another")
    with pytest.raises(DatasetError, match=rf"yunet\.onnx: has SHA-256 .* in {CARD} is {DIGEST}"):
        cut(folder, align)
    (folder / "yunet.onnx").unlink()
    with pytest.raises(DatasetError, match=r"yunet\.onnx: the detector cannot be read \(No such"):
        cut(folder, align)


def detector(path: Path, **keys) -> Detector:
    return Detector(path, CARD, **{"pad": 0, "enlarge": 1.0, "score": 0.6, **keys})


def test_an_absent_detector_is_named(tmp_path):
    with pytest.raises(
        DatasetError, match=r"the detector cannot be read \(No such.*datasets/set\.t"
    ):
        check_detector(tmp_path / "none.onnx", "0" * 64, CARD)


def test_another_detector_is_refused(tmp_path):
    (tmp_path / "d.onnx").write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"has SHA-256 2d71.* and align\.detector_sha256 in dat"):
        check_detector(tmp_path / "d.onnx", "0" * 64, CARD)


def test_what_is_no_detector_is_refused(tmp_path):
    (tmp_path / "d.onnx").write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"cannot load this detector; give YuNet's ONNX file in"):
        detector(tmp_path / "d.onnx")


@pytest.mark.parametrize("missing", ["skip", "unaligned"])
def test_images_without_a_face_are_counted(folder, missing):
    damage(folder)
    found = cut(folder, by_points(missing=missing), unreadable="skip").acquisition
    # b.png cannot be decoded and is no attempt, c.png has no landmarks.
    assert (found.images, found.not_found, found.fta) == (2, 1, 0.5)
    plain = hashlib.sha256((folder / "faces" / "c.png").read_bytes()).hexdigest()
    assert found.unaligned == ({plain} if missing == "unaligned" else frozenset())


def test_where_no_face_is_looked_for_none_is_missing(folder):
    assert cut(folder, CENTRE).acquisition is None
    assert cut(folder).acquisition is None


@pytest.mark.parametrize("align", [None, CENTRE, by_points(missing="skip")])
def test_several_threads_cut_as_one_does_in_order(folder, align):
    for seed in range(3, 40):
        # Some are there twice, so that threads write one entry at once.
        cv2.imwrite(str(folder / "faces" / f"d{seed:02d}.png"), picture(seed // 2))
    alone = cut(folder, align)
    pixels = [face and face.read() for face in alone.faces]
    shutil.rmtree(folder / "cache", ignore_errors=True)
    found = cut(folder, align, threads=8)
    assert found == alone
    assert [face and face.read() for face in found.faces] == pixels


def test_of_several_images_that_fail_the_first_is_named(folder):
    for name in "bcdefgh":
        (folder / "faces" / f"{name}.png").write_bytes(b"no picture")
    for _ in range(5):
        with pytest.raises(DatasetError, match=r"^b\.png: "):
            cut(folder, CENTRE, threads=4)


@pytest.mark.usefixtures("no_face_in_b")
def test_a_thread_has_a_detector_of_its_own(folder, monkeypatch):
    used: set[tuple[int, int]] = set()

    class Noted(NoFaceInB):
        def find(self, image, name):
            used.add((id(self), threading.get_ident()))
            time.sleep(0.05)
            return super().find(image, name)

    monkeypatch.setattr(aligner, "Detector", Noted)
    for seed in range(3, 12):
        cv2.imwrite(str(folder / "faces" / f"d{seed:02d}.png"), picture(seed))
    cut(folder, YUNET.model_copy(update={"missing": "skip"}), threads=3)
    detectors, threads = (len({pair[part] for pair in used}) for part in (0, 1))
    assert len(used) == detectors == threads == 3


def test_progress_is_told_in_order(folder):
    told = []
    images = list(images_below(folder / "faces"))
    card = FolderDataset(id="set", kind="folder", folder="faces", card_file=CARD)
    cut_faces(card, images, Reading(Path, folder / "cache", lambda *at: told.append(at), 3))
    assert told == [(1, 3), (2, 3), (3, 3)]
