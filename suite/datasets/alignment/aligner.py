"""A card's image files made faces: as they are, or aligned, and what is done with the others."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Protocol

from suite.catalog.alignment import LandmarkAlign, MarginAlign, YunetAlign
from suite.catalog.dataset_card import ImagesDataset
from suite.catalog.errors import DatasetError
from suite.datasets.acquisition import Acquisition
from suite.datasets.alignment.cache import AlignedCache, key_of
from suite.datasets.alignment.detector import Detector, TooLargeError, check_detector
from suite.datasets.alignment.geometry import Image, centre_box, crop, warp
from suite.datasets.alignment.landmarks import read_landmarks
from suite.datasets.face import Face, read_image
from suite.datasets.images.decoder import decode
from suite.datasets.images.findings import Finding, Looked, in_words, look, some_have
from suite.datasets.images.folder import NamedImage
from suite.datasets.in_order import in_order
from suite.datasets.reading import Reading

# Images that a thread may be ahead of the one whose face is waited for.
_AHEAD = 2


class UnreadableImageError(DatasetError):
    """An image cannot be decoded."""


@dataclass(frozen=True)
class CutFaces:
    """What became of images.

    Attributes
    ----------
    faces : for each image its face; None where it is left out
    remarks : how many are left out or not aligned, and why
    acquisition : in how many no face was found; None where none is looked for
    """

    faces: tuple[Face | None, ...]
    remarks: tuple[str, ...]
    acquisition: Acquisition | None = None

    @property
    def kept(self) -> tuple[Face, ...]:
        """The faces that are not left out."""
        return tuple(face for face in self.faces if face is not None)


class _Problem(Enum):
    """Why an image's face is not cut out of it, in a remark's words."""

    MISSING = "no face that was found"
    UNREADABLE = "no picture that can be decoded"
    TOO_LARGE = "too many pixels to be enlarged for detection"


@dataclass(frozen=True)
class _Cut:
    """What became of an image: its face, else why it has none, and what is counted of it."""

    face: Face | None
    problem: _Problem | None = None
    findings: tuple[Finding, ...] = ()


class _Aligner(Protocol):
    """Serves several threads at once."""

    def ingredients(self, name: str) -> dict[str, object] | None:
        """What besides its pixels decides how an image is cut; None: it is known to be missing."""

    def cut(self, image: Image, name: str) -> Image | None:
        """The face, or None where none is found."""


def cut_faces(card: ImagesDataset, images: Sequence[NamedImage], reading: Reading) -> CutFaces:
    """Make image files faces as a card says.

    A few images a thread are in memory; an aligned face is a file in the cache.

    Parameters
    ----------
    card : its ``align`` and ``unreadable`` say how
    images : the files
    reading : where files are, how many are cut at once, and who is told of progress

    Raises
    ------
    DatasetError
        where an image cannot be read or has no face, and the card does not say to go on; of
        several images the first is named.
    """
    aligner = _aligner(card, reading.locate) if card.align else None
    cache = AlignedCache(reading.aligned)
    cuts: list[_Cut] = []
    threads = reading.at_once
    cut_one = partial(_cut, card, aligner=aligner, cache=cache)
    with closing(in_order(cut_one, images, threads, ahead=_AHEAD * threads)) as made:
        for cut in made:
            cuts.append(cut)
            if reading.advance:
                reading.advance(len(cuts), len(images))
    remarks = []
    for problem in _Problem:
        names = [
            image.name for image, cut in zip(images, cuts, strict=True) if cut.problem is problem
        ]
        if names:
            remarks.append(_remark(card, problem, names, len(images)))
    remarks += in_words([image.name for image in images], [cut.findings for cut in cuts])
    return CutFaces(tuple(cut.face for cut in cuts), tuple(remarks), _acquisition(card, cuts))


def _acquisition(card: ImagesDataset, cuts: Sequence[_Cut]) -> Acquisition | None:
    """What looking for faces came to; None where the card's way needs no face to be found."""
    if card.align is None or (isinstance(card.align, MarginAlign) and card.align.centre):
        return None
    decoded = [cut for cut in cuts if cut.problem is not _Problem.UNREADABLE]
    failed = [cut.face for cut in decoded if cut.problem]
    unaligned = frozenset(face.sha256 for face in failed if face)
    return Acquisition(len(decoded), len(failed), unaligned) if decoded else None


def _cut(
    card: ImagesDataset, image: NamedImage, aligner: _Aligner | None, cache: AlignedCache
) -> _Cut:
    data = read_image(image.path)
    looked = look(data, allow_damage=card.damaged == "count")
    plain = Face(
        image.name,
        hashlib.sha256(data).hexdigest(),
        looked.data if looked.is_another else image.path,
    )
    return replace(_cut_out(card, plain, looked, aligner, cache), findings=looked.findings)


def _cut_out(
    card: ImagesDataset, plain: Face, looked: Looked, aligner: _Aligner | None, cache: AlignedCache
) -> _Cut:
    instead = plain if _uses_unaligned(card) else None
    try:
        if aligner is None:
            if card.unreadable == "skip":
                _decoded(looked.data, plain.name)
            return _Cut(plain)
        face = _aligned(plain, looked, aligner, cache)
    except UnreadableImageError:
        if card.unreadable == "error":
            raise
        return _Cut(None, _Problem.UNREADABLE)
    except TooLargeError:
        if _refuses_missing(card) and card.unreadable == "error":
            raise
        return _Cut(instead, _Problem.TOO_LARGE)
    if face is None:
        if _refuses_missing(card):
            raise _no_face(card, plain.name)
        return _Cut(instead, _Problem.MISSING)
    return _Cut(face)


def _uses_unaligned(card: ImagesDataset) -> bool:
    return card.align is not None and card.align.missing == "unaligned"


def _refuses_missing(card: ImagesDataset) -> bool:
    return card.align is not None and card.align.missing == "error"


def _remark(card: ImagesDataset, problem: _Problem, names: Sequence[str], total: int) -> str:
    unaligned = _uses_unaligned(card) and problem is not _Problem.UNREADABLE
    done_with = "used unaligned" if unaligned else "left out"
    return f"{some_have(names, total)} {problem.value}: {done_with}"


def _aligned(plain: Face, looked: Looked, aligner: _Aligner, cache: AlignedCache) -> Face | None:
    ingredients = aligner.ingredients(plain.name)
    if ingredients is None:
        _decoded(looked.data, plain.name)  # it may be used unaligned, or be unreadable too
        return None
    if looked.is_another:  # a set that refuses damage must not find the face there
        ingredients = ingredients | {"damaged": "count"}
    key = key_of(plain.sha256, ingredients)
    path = cache.get(key, lambda: aligner.cut(_decoded(looked.data, plain.name), plain.name))
    return None if path is None else Face(plain.name, key, path, plain.sha256)


def _decoded(data: bytes, name: str) -> Image:
    try:
        return decode(data, name)
    except DatasetError as error:
        raise UnreadableImageError(error.what, where=error.where) from None


def _no_face(card: ImagesDataset, name: str) -> DatasetError:
    first, remedy = "no face was found in this image", "lower align.score, change align.enlarge"
    if isinstance(card.align, LandmarkAlign):
        first, remedy = f"has no line in {card.align.landmarks}", "add it there"
    return DatasetError(
        where=name,
        what=f"{first}; {remedy}, or set align.missing to 'skip' or 'unaligned' in "
        f"{card.card_file}.",
    )


def _aligner(card: ImagesDataset, locate: Callable[[str], Path]) -> _Aligner:
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

    def __init__(
        self, align: YunetAlign | MarginAlign, card_file: Path, locate: Callable[[str], Path]
    ) -> None:
        self._align, self._card_file, self._locate = align, card_file, locate
        self._ingredients = align.hashed()
        self._own = threading.local()
        # Now, though it is loaded for the first face that is not kept: all may be.
        if align.detector and align.detector_sha256:
            check_detector(locate(align.detector), align.detector_sha256, card_file)

    @property
    def _detector(self) -> Detector:
        """The thread's own, for one finds one image's faces at a time."""
        align, own = self._align, self._own
        if not hasattr(own, "detector"):
            assert align.detector
            path = self._locate(align.detector)
            own.detector = Detector(path, self._card_file, align.pad, align.enlarge, align.score)
        found: Detector = own.detector
        return found

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
