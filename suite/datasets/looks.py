"""What a set's images look like, and how another set differs: size, colour, light, crop."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from suite.catalog.errors import DatasetError
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet
from suite.datasets.images.decoder import decode
from suite.datasets.images.grey import is_grey

_SAMPLE = 100
# Sides, and their ratio, may differ by a tenth: folders of crops vary by themselves.
_SIDES = 1.1
# Of 0…255. LFW, ORL and the rendered faces, however cut, lie between 94 and 118.
_BRIGHTNESS = 40.0
# Too few images have no mean face that says anything.
_FEWEST = 20
_SIDE = 16


@dataclass(frozen=True, eq=False)
class Looks:
    """What a sample of a set's images looks like.

    Attributes
    ----------
    dataset : the set's id
    images : how many were looked at; at least one
    height, width : medians, in pixels
    grey : share of the images without colour
    red : share of the coloured images that have more red than blue; a half where none is coloured
    brightness : mean of the pixels, 0…255
    mean_face : float64 [16, 16], mean of the images, each grey, shrunk and made of mean 0 and
        standard deviation 1
    noise : variance of a pixel of ``mean_face`` that comes of the images being so few
    """

    dataset: str
    images: int
    height: float
    width: float
    grey: float
    red: float
    brightness: float
    mean_face: npt.NDArray[np.float64]
    noise: float

    def size_in_words(self) -> str:
        """The size of an image, of the median one where they vary."""
        return f"{self.width:g} × {self.height:g} px"

    def colour_in_words(self) -> str:
        """Whether the images have colour."""
        return {0.0: "in colour", 1.0: "grey"}.get(self.grey, f"{1 - self.grey:.0%} in colour")


@dataclass(frozen=True, eq=False)
class _Look:
    """One image: its sides, whether it is grey, its mean by channel (BGR), and it shrunk."""

    height: int
    width: int
    grey: bool
    mean: npt.NDArray[np.float64]
    small: npt.NDArray[np.float64]


def looks_of(faces: FaceSet) -> Looks | None:
    """Look at up to a hundred images spread over a set; None where none can be decoded."""
    last = len(faces.faces) - 1
    places = np.linspace(0, last, min(_SAMPLE, last + 1)).round().astype(int).tolist()
    seen = list(_looks_at([faces.faces[place] for place in places]))
    if not seen:
        return None
    reds = [look.mean[2] > look.mean[0] for look in seen if not look.grey]
    small = np.array([look.small for look in seen])
    return Looks(
        dataset=faces.id,
        images=len(seen),
        height=float(np.median([look.height for look in seen])),
        width=float(np.median([look.width for look in seen])),
        grey=float(np.mean([look.grey for look in seen])),
        red=float(np.mean(reds)) if reds else 0.5,
        brightness=float(np.mean([look.mean for look in seen])),
        mean_face=small.mean(axis=0),
        noise=float(small.var(axis=0).mean() / max(1, len(seen) - 1)),
    )


def _looks_at(faces: Sequence[Face]) -> Iterator[_Look]:
    for face in faces:
        try:
            image = decode(face.read(), face.name)
        except DatasetError:
            continue  # a gate, or the check, speaks of it
        height, width = image.shape[:2]
        plain = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float64)
        small = cv2.resize(plain, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        small = (small - small.mean()) / (small.std() or 1.0)
        yield _Look(height, width, is_grey(image), image.reshape(-1, 3).mean(axis=0), small)


def unlike_in_words(calibration: Looks | None, evaluation: Looks | None) -> str:
    """What is said of a calibration set that is unlike an evaluation set; empty where it is not."""
    differences = unlike(calibration, evaluation) if calibration and evaluation else []
    if not calibration or not evaluation or not differences:
        return ""
    return (
        f"calibration set {calibration.dataset!r} is unlike evaluation set "
        f"{evaluation.dataset!r}: {'; '.join(differences)}; calibrate on faces that were cut, "
        "aligned and coloured alike"
    )


def unlike(calibration: Looks, evaluation: Looks) -> list[str]:
    """How images for calibration differ from those that are evaluated, in words."""
    found = []
    if _has_another_size(calibration, evaluation):
        found.append(f"{calibration.size_in_words()} against {evaluation.size_in_words()}")
    if abs(calibration.grey - evaluation.grey) > 0.5:
        found.append(f"{calibration.colour_in_words()} against {evaluation.colour_in_words()}")
    elif (calibration.red - 0.5) * (evaluation.red - 0.5) < -0.25 * 0.25:
        found.append("red and blue are the other way round")
    if abs(calibration.brightness - evaluation.brightness) > _BRIGHTNESS:
        found.append(
            f"mean brightness {calibration.brightness:.0f} against {evaluation.brightness:.0f} of "
            "255"
        )
    alike = likeness(calibration, evaluation)
    if alike is not None and alike < least_likeness(calibration, evaluation):
        found.append(
            f"faces lie otherwise in the images, as by another alignment or crop (the mean faces "
            f"correlate by {alike:.2f})"
        )
    return found


def _has_another_size(one: Looks, other: Looks) -> bool:
    aspects = (one.width / one.height, other.width / other.height)
    sides = ((one.height, other.height), (one.width, other.width), aspects)
    return any(max(pair) / min(pair) > _SIDES for pair in sides)


def likeness(one: Looks, other: Looks) -> float | None:
    """The correlation of two sets' mean faces, as it would be of ever so many images.

    Sets that were aligned alike have nearly the same mean face, whoever they show. The covariance
    is divided by standard deviations without their noise (Spearman's correction for attenuation,
    1904), of which at most seven tenths are taken for noise. ``tests/experiments/mean_faces.py``
    gives 0.97 … 1.02 for other people cut alike, 0.88 … 0.97 for ORL against LFW, both aligned, and
    0.51 … 0.61 for unaligned against aligned. None where either has too few images.
    """
    if min(one.images, other.images) < _FEWEST:
        return None
    spread = 1.0
    for looks in (one, other):
        variance = float(looks.mean_face.var())
        spread *= max(variance - looks.noise, 0.3 * variance)
    covariance = float((one.mean_face * other.mean_face).mean())
    return covariance / spread**0.5 if spread else 0.0


def least_likeness(one: Looks, other: Looks) -> float:
    """The least likeness of sets that count as aligned alike, by how many images were seen.

    Of a hundred draws of sets cut alike, at most 2 lay below with 20 images, and at most 1 with 50.
    """
    return float(1 - 1.5 / min(one.images, other.images) ** 0.5)
