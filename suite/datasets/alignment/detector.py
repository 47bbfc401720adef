"""YuNet: where a face is in an image, and its five points."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from suite.catalog.errors import DatasetError
from suite.catalog.files import sha256_of
from suite.datasets.alignment.geometry import Box, Image, Points
from suite.datasets.images.image_file import MOST_PIXELS

# OpenCV's own defaults.
_OVERLAP, _MOST_FACES = 0.3, 5000
_SILENT = 0
# OpenCV has one level for all threads.
_LEVEL = threading.Lock()


class TooLargeError(DatasetError):
    """An image is too large to be padded and enlarged for detection."""


@dataclass(frozen=True, eq=False)
class Found:
    """A face: its box, and float64 [5, 2] its points, in pixels of the image."""

    box: Box
    points: Points


@contextmanager
def _silence() -> Iterator[None]:
    """Keep OpenCV's log quiet.

    5.0 warns of a target that its new engine does not know, though none was asked for, and says in
    its own words what is raised here.
    """
    log = getattr(cv2.utils, "logging", cv2)  # where 4.10 has the same functions
    with _LEVEL:
        level = log.getLogLevel()
        log.setLogLevel(_SILENT)
        try:
            yield
        finally:
            log.setLogLevel(level)


def check_detector(path: Path, sha256: str, card_file: Path) -> None:
    """See that a detector is the one that a card means.

    Raises
    ------
    DatasetError
        where the file is absent or has another hash.
    """
    try:
        found = sha256_of(path)
    except OSError as error:
        raise DatasetError(
            where=path,
            what=f"the detector cannot be read ({error.strerror}); correct align.detector "
            f"in {card_file}.",
        ) from error
    if found != sha256:
        raise DatasetError(
            where=path,
            what=f"has SHA-256 {found} and align.detector_sha256 in {card_file} is "
            f"{sha256}; give the detector that the card means, or correct the hash.",
        )


class Detector:
    """YuNet by OpenCV, of several faces taking the one that is meant."""

    def __init__(self, path: Path, card_file: Path, pad: int, enlarge: float, score: float) -> None:
        """Load it.

        Parameters
        ----------
        path : its ONNX file, of which `check_detector` has seen that it is the card's
        card_file : the card, for messages
        pad : pixels added on each side, repeating the border: faces that fill the image are found
            only with some ground around them
        enlarge : factor of enlargement after that: small faces' points are some pixels off
        score : the least score of a face

        Raises
        ------
        DatasetError
            where the file is no YuNet.
        """
        self._pad, self._enlarge = pad, enlarge
        try:
            with _silence():
                self._net = cv2.FaceDetectorYN.create(
                    str(path), "", (320, 320), score, _OVERLAP, _MOST_FACES
                )
        except cv2.error as error:
            raise DatasetError(
                where=path,
                what=f"OpenCV {cv2.__version__} cannot load this detector; give YuNet's ONNX "
                f"file in align.detector of {card_file}.",
            ) from error

    def find(self, image: Image, name: str) -> Found | None:
        """The face that is meant, or None where none is found.

        Of several, the one with the greatest area − 2 · squared distance of its centre from the
        image's: facenet-pytorch's ``center_weighted_size``, FaceNet's rule for LFW.

        Parameters
        ----------
        image : uint8 [h, w, 3], channels in the order BGR
        name : what to call it in a message

        Raises
        ------
        TooLargeError
            where the image, padded and enlarged, is enormous.
        DatasetError
            where the detector cannot run.
        """
        ready = self._ready(image, name)
        try:
            self._net.setInputSize((ready.shape[1], ready.shape[0]))
            faces = self._net.detect(ready)[1]
        except cv2.error as error:
            raise DatasetError(
                where=name,
                what=f"the detector cannot run on {ready.shape[1]} × {ready.shape[0]} pixels; "
                "change align.enlarge, or give YuNet in align.detector.",
            ) from error
        if faces is None or not len(faces):
            return None
        rows = np.asarray(faces, dtype=np.float64)
        centres = rows[:, :2] + rows[:, 2:4] / 2
        offsets = centres - np.array([ready.shape[1], ready.shape[0]]) / 2
        weight = rows[:, 2] * rows[:, 3] - 2 * (offsets**2).sum(axis=1)
        face = rows[int(weight.argmax())]
        left, top = self._back(face[:2])
        width, height = face[2:4] / self._enlarge
        points = self._back(face[4:14].reshape(5, 2))
        return Found((float(left), float(top), float(width), float(height)), points)

    def _back(self, places: npt.NDArray[np.float64]) -> Points:
        """From the enlarged, padded image's pixels to the image's."""
        return np.asarray(places / self._enlarge - self._pad, dtype=np.float64)

    def _ready(self, image: Image, name: str) -> Image:
        pad, factor = self._pad, self._enlarge
        height, width = (round((side + 2 * pad) * factor) for side in image.shape[:2])
        if not 0 < width * height <= MOST_PIXELS:
            raise TooLargeError(
                where=name,
                what=f"is {width:,} × {height:,} pixels when padded and enlarged for detection, "
                f"and at most {MOST_PIXELS // 1_000_000} million will do; lower align.enlarge.",
            )
        if pad:
            image = np.asarray(
                cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REPLICATE), dtype=np.uint8
            )
        if factor != 1:
            size = (width, height)
            image = np.asarray(
                cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8
            )
        return image
