"""A card's image files made faces: as they are, or aligned, and what is done with the others."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from suite.catalog.alignment import LandmarkAlign, MarginAlign, YunetAlign
from suite.catalog.dataset_card import ImagesDataset
from suite.catalog.errors import DatasetError
from suite.datasets.alignment.cache import AlignedCache, key_of
from suite.datasets.alignment.detector import Detector, TooLargeError, check_detector
from suite.datasets.alignment.geometry import Image, centre_box, crop, warp
from suite.datasets.alignment.landmarks import read_landmarks
from suite.datasets.face import Face, read_image
from suite.datasets.images.decoder import decode
from suite.datasets.images.folder import NamedImage

Advance = Callable[[int, int], None]


Locate = Callable[[str], Path]


class UnreadableImageError(DatasetError):
    """An image cannot be decoded."""


@dataclass(frozen=True)
class Settled:
    """What became of images.

    Attributes
    ----------
    faces : for each image its face; None where it is left out
    remarks : how many are left out or not aligned, and why
    """

    faces: tuple[Face | None, ...]
    remarks: tuple[str, ...]

    @property
    def kept(self) -> tuple[Face, ...]:
        """The faces that are not left out."""
        return tuple(face for face in self.faces if face is not None)


Settle = Callable[[Sequence[NamedImage]], Settled]


class _Aligner(Protocol):
    def ingredients(self, name: str) -> dict[str, object] | None:
        """What besides its pixels decides how an image is cut; None: it is known to be missing."""

    def cut(self, image: Image, name: str) -> Image | None:
        """The face, or None where none is found."""


def settle(
    card: ImagesDataset,
    images: Sequence[NamedImage],
    locate: Locate,
    cache: Path,
    advance: Advance | None = None,
) -> Settled:
    """Make image files faces as a card says.

    One image at a time is in memory; an aligned face is a file in the cache.

    Parameters
    ----------
    card : its ``align`` and ``unreadable`` say how
    images : the files
    locate : gives the path for a path in the card
    cache : the folder of aligned faces
    advance : called with the images done and how many there are

    Raises
    ------
    DatasetError
        where an image cannot be read or has no face, and the card does not say to go on.
    """
    aligner = _aligner(card, locate) if card.align else None
    kept = AlignedCache(cache)
    faces: list[Face | None] = []
    missing: list[str] = []
    unreadable: list[str] = []
    too_large: list[str] = []
    for done, image in enumerate(images, 1):
        try:
            data = read_image(image.path)
            plain = Face(image.name, hashlib.sha256(data).hexdigest(), image.path)
            face: Face | None = plain
            if aligner:
                face = _aligned(plain, data, aligner, kept)
                if face is None:
                    missing.append(image.name)
                    face = _in_place(card, plain)
            elif card.unreadable == "skip":
                _decoded(data, image.name)
        except UnreadableImageError:
            if card.unreadable == "error":
                raise
            unreadable.append(image.name)
            face = None
        except TooLargeError:
            assert card.align is not None
            if card.align.missing == "error" and card.unreadable == "error":
                raise
            too_large.append(image.name)
            face = plain if card.align.missing == "unaligned" else None
        faces.append(face)
        if advance:
            advance(done, len(images))
    missing_is = card.align.missing if card.align else "error"
    what = "left out" if missing_is == "skip" else "used unaligned"
    what_large = "used unaligned" if missing_is == "unaligned" else "left out"
    remarks = [
        f"{_count(found, len(images))} {problem}: {done_with}"
        for found, problem, done_with in (
            (missing, "no face that was found", what),
            (unreadable, "no picture that can be decoded", "left out"),
            (too_large, "too many pixels to be enlarged for detection", what_large),
        )
        if found
    ]
    return Settled(tuple(faces), tuple(remarks))


def _count(names: Sequence[str], total: int) -> str:
    first = f"{names[0]}" if len(names) == 1 else f"the first {names[0]}"
    has = "has" if len(names) == 1 else "have"
    return f"{len(names):,} of {total:,} images ({first}) {has}"


def _aligned(plain: Face, data: bytes, aligner: _Aligner, cache: AlignedCache) -> Face | None:
    ingredients = aligner.ingredients(plain.name)
    if ingredients is None:
        _decoded(data, plain.name)  # it may be used unaligned, or be unreadable too
        return None
    key = key_of(plain.sha256, ingredients)
    path = cache.get(key, lambda: aligner.cut(_decoded(data, plain.name), plain.name))
    return None if path is None else Face(plain.name, key, path, plain.sha256)


def _decoded(data: bytes, name: str) -> Image:
    try:
        return decode(data, name)
    except DatasetError as error:
        raise UnreadableImageError(str(error)) from None


def _in_place(card: ImagesDataset, plain: Face) -> Face | None:
    """What stands for an image without a face."""
    assert card.align is not None
    if card.align.missing == "error":
        first, remedy = "no face was found in this image", "lower align.score, change align.enlarge"
        if isinstance(card.align, LandmarkAlign):
            first, remedy = f"has no line in {card.align.landmarks}", "add it there"
        raise DatasetError(
            where=plain.name,
            what=f"{first}; {remedy}, or set align.missing to 'skip' or 'unaligned' in "
            f"{card.card_file}.",
        )
    return plain if card.align.missing == "unaligned" else None


def _aligner(card: ImagesDataset, locate: Locate) -> _Aligner:
    match card.align:
        case LandmarkAlign() as align:
            return _ByLandmarks(align, locate(align.landmarks))
        case YunetAlign() | MarginAlign() as align:
            return _ByDetector(align, card.card_file, locate)
    raise AssertionError("a card without align has no aligner")


class _ByLandmarks:
    def __init__(self, align: LandmarkAlign, path: Path) -> None:
        self._align = align
        self._points = read_landmarks(path)

    def ingredients(self, name: str) -> dict[str, object] | None:
        if name not in self._points:
            return None
        points = self._points[name].points.tolist()
        return {**self._align.hashed(), "points": points}

    def cut(self, image: Image, name: str) -> Image:
        landmarks = self._points[name]
        landmarks.check_within(image, name)
        return warp(image, landmarks.points, self._align.size)


class _ByDetector:
    """YuNet's points warped, its box with a margin, or a box in the centre."""

    def __init__(self, align: YunetAlign | MarginAlign, card_file: Path, locate: Locate) -> None:
        self._align, self._card_file, self._locate = align, card_file, locate
        self._ingredients = align.hashed()
        # Now, though it is loaded for the first face that is not kept: all may be.
        if align.detector and align.detector_sha256:
            check_detector(locate(align.detector), align.detector_sha256, card_file)

    @cached_property
    def _detector(self) -> Detector:
        align = self._align
        assert align.detector
        path = self._locate(align.detector)
        return Detector(path, self._card_file, align.pad, align.enlarge, align.score)

    def ingredients(self, name: str) -> dict[str, object]:
        return self._ingredients

    def cut(self, image: Image, name: str) -> Image | None:
        align = self._align
        if isinstance(align, MarginAlign) and align.centre:
            return crop(image, centre_box(image, align.centre), align.margin, align.size)
        found = self._detector.find(image, name)
        if found is None:
            return None
        if isinstance(align, MarginAlign):
            return crop(image, found.box, align.margin, align.size)
        return warp(image, found.points, align.size)
