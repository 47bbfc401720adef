"""Calibration images that are unlike what is evaluated, by size, colour, light and crop."""

import pickle
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from team import EMBEDDED, ROOT

from suite.datasets.face import Face
from suite.datasets.face_set import face_set
from suite.datasets.looks import Looks, likeness, looks_of, unlike, unlike_in_words

ORL = ROOT.parent / "shared" / "real" / "orl"
Image = npt.NDArray[np.uint8]


def looks(images: Sequence[Image], dataset: str = "some") -> Looks:
    coded = [cv2.imencode(".png", image)[1].tobytes() for image in images]
    held = [Face.held(f"{dataset}[{place}]", data) for place, data in enumerate(coded)]
    found = looks_of(face_set(dataset, held))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def calibration() -> list[Image]:
    files = sorted((EMBEDDED / "calibration").rglob("*.*"))
    return [np.asarray(cv2.imread(str(file))) for file in files]


@pytest.fixture(scope="module")
def evaluation() -> Looks:
    images, _ = pickle.loads((EMBEDDED / "evaluation.bin").read_bytes())
    decoded = [cv2.imdecode(np.frombuffer(image, np.uint8), 1) for image in images[::60]]
    return looks([np.asarray(image) for image in decoded], "evaluation")


def moved(image: Image, scale: float, degrees: float = 0.0) -> Image:
    matrix = cv2.getRotationMatrix2D((56, 56), degrees, scale)
    return np.asarray(cv2.warpAffine(image, matrix, (112, 112), borderMode=cv2.BORDER_REPLICATE))


def grey(image: Image) -> Image:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR))


def test_other_people_cut_alike_are_alike(calibration: list[Image], evaluation: Looks) -> None:
    assert unlike(looks(calibration), evaluation) == []
    # Few images say less, and are not blamed for that.
    assert unlike(looks(calibration[::4]), evaluation) == []
    assert likeness(looks(calibration[:10]), evaluation) is None


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (lambda image: cv2.resize(image, (160, 160)), "160 × 160 px against 112 × 112 px"),
        (lambda image: image[:, 10:102], "92 × 112 px against 112 × 112 px"),
        (grey, "grey against in colour"),
        (lambda image: image[..., ::-1], "red and blue are the other way round"),
        (lambda image: image // 2, "mean brightness 60 against 121 of 255"),
        (lambda image: moved(image, 1.4), "faces lie otherwise in the images"),
        (lambda image: moved(image, 0.7), "faces lie otherwise in the images"),
        (lambda image: moved(image, 1.0, 90), "faces lie otherwise in the images"),
        (lambda image: image[::-1], "faces lie otherwise in the images"),
        (lambda image: 255 - image, "faces lie otherwise in the images"),
    ],
    ids=[
        "size",
        "aspect",
        "grey",
        "swapped",
        "dark",
        "near",
        "far",
        "turned",
        "upside",
        "negative",
    ],
)
def test_what_is_otherwise_is_named(
    calibration: list[Image], evaluation: Looks, how: Callable[[Image], Image], said: str
) -> None:
    changed = looks([np.ascontiguousarray(how(image)) for image in calibration])
    assert any(words.startswith(said) for words in unlike(changed, evaluation))


def test_a_grey_image_among_coloured_ones_is_no_difference(
    calibration: list[Image], evaluation: Looks
) -> None:
    mixed = looks(
        [grey(image) if place % 10 == 0 else image for place, image in enumerate(calibration)]
    )
    assert (mixed.colour_in_words(), unlike(mixed, evaluation)) == ("90% in colour", [])
    greys = looks([grey(image) for image in calibration])
    assert unlike(mixed, greys) == ["90% in colour against grey"]


def test_noise_and_blank_images_are_no_faces(evaluation: Looks) -> None:
    random = np.random.default_rng(0)
    noise = [random.integers(0, 256, (112, 112, 3), dtype=np.uint8) for _ in range(40)]
    blank = [np.full((112, 112, 3), shade, np.uint8) for shade in range(100, 140)]
    for images in (noise, blank):
        assert any("faces lie otherwise" in words for words in unlike(looks(images), evaluation))


def test_the_sentence_names_both_sets_and_what_to_do(
    calibration: list[Image], evaluation: Looks
) -> None:
    assert unlike_in_words(looks(calibration), evaluation) == ""
    assert unlike_in_words(None, evaluation) == ""
    assert unlike_in_words(looks([grey(image) for image in calibration], "greys"), evaluation) == (
        "calibration set 'greys' is unlike evaluation set 'evaluation': grey against in colour; "
        "calibrate on faces that were cut, aligned and coloured alike"
    )


def test_what_cannot_be_decoded_is_passed_over() -> None:
    assert looks_of(face_set("broken", [Face.held("x", b"no image")])) is None


@pytest.mark.skipif(not ORL.is_dir(), reason=f"no real faces at {ORL}")
def test_real_faces_aligned_alike_are_alike() -> None:
    def read(pattern: str) -> Looks:
        return looks([np.asarray(cv2.imread(str(file))) for file in sorted(ORL.glob(pattern))])

    aligned = read("aligned/*/*")
    assert unlike(read("calibration/*/*"), aligned) == []
    assert unlike(read("raw/*/*.pgm"), aligned) == ["92 × 112 px against 112 × 112 px"]
