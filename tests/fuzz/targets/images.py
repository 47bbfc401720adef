"""Encoded images."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from suite.datasets.images.decoder import decode
from tests.fuzz.target import Mutant, Target, Verdict


def _read(path: Path) -> npt.NDArray[np.uint8]:
    cv2.setNumThreads(1)
    return decode(path.read_bytes(), path.name)


def _drawn() -> list[npt.NDArray[np.uint8]]:
    """A small face-like picture, noise, grey, one row."""
    rng = np.random.default_rng(24)
    noise = rng.integers(0, 256, (40, 30, 3), dtype=np.uint8)
    smooth = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.uint8)
    return [smooth, noise, smooth[..., :1], noise[:1]]


def _encoded(suffix: str, *options: Sequence[int]) -> list[bytes]:
    return [
        bytes(cv2.imencode(suffix, image, list(option))[1])
        for image in _drawn()
        for option in options or ([],)
    ]


def _same_or_other(result: object, mutant: Mutant) -> Verdict:
    return Verdict.SAME if np.array_equal(result, mutant.wanted) else Verdict.OTHER


def _same(result: object, mutant: Mutant) -> Verdict:
    assert np.array_equal(result, mutant.wanted), "another picture than the whole file's"
    return Verdict.SAME


def _png() -> list[bytes]:
    return _encoded(".png", [cv2.IMWRITE_PNG_COMPRESSION, 1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


TARGETS = (
    Target("png", "face.png", _png, _read, _same),
    Target(
        "webp",
        "face.webp",
        lambda: _encoded(".webp", [], [cv2.IMWRITE_WEBP_QUALITY, 101]),
        _read,
        _same_or_other,
    ),
)
