"""A dataset's card made a set of faces."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from suite.cards import BinDataset, DatasetCard, FolderDataset, LfwDataset
from suite.datasets.faceset import Face, FaceSet, face_set
from suite.datasets.insightface_bin import read_bin
from suite.datasets.lfw_pairs import LfwPair, NumberedImage, read_lfw_pairs
from suite.errors import DatasetError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".pgm", ".ppm", ".webp")


def load_dataset(card: DatasetCard, locate: Callable[[str], Path]) -> FaceSet:
    """Read the faces and pairs that a card names.

    Parameters
    ----------
    card : the dataset's card. Its ``sha256``, where given, is checked: for kind ``bin`` it is
        that of the file, for ``lfw`` and ``folder`` the set's content hash (`FaceSet.sha256`),
        which the message shows where it differs.
    locate : gives the path for a path in the card

    Raises
    ------
    DatasetError
        where files are absent or not what they should be, or have another hash than the card's.
    """
    match card:
        case BinDataset():
            identities = locate(card.identities) if card.identities else None
            return _load_bin(card, locate(card.file), identities)
        case LfwDataset():
            faces = _load_lfw(card, locate(card.folder), locate(card.pairs))
            return _checked(card, locate(card.folder), faces)
        case FolderDataset():
            return _checked(card, locate(card.folder), _load_folder(card, locate(card.folder)))


def _load_bin(card: BinDataset, path: Path, identities: Path | None) -> FaceSet:
    if card.sha256 and path.is_file():
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        _compare(card, path, found)
    images, genuine = read_bin(path)
    faces = [Face.held(f"{path.name}[{index}]", data) for index, data in enumerate(images)]
    first = np.arange(0, len(images), 2)
    people = _read_identities(identities, path, len(images)) if identities else None
    return face_set(card.id, faces, first, first + 1, genuine, card.folds, people)


def _read_identities(path: Path, images_file: Path, images: int) -> list[str]:
    try:
        people = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"{path}: these identities cannot be read ({error}); give a text file with a line for "
            f"each image of {images_file.name}."
        ) from None
    if len(people) != images:
        raise DatasetError(
            f"{path}: has {len(people):,} lines for the {images:,} images of {images_file.name}; "
            "give one line for each image, in their order."
        )
    for line, person in enumerate(people, 1):
        if not person.strip():
            raise DatasetError(f"{path}: line {line} is empty; name who the image shows.")
    return people


def _load_lfw(card: LfwDataset, folder: Path, pairs_file: Path) -> FaceSet:
    _need_folder(folder)
    read = read_lfw_pairs(pairs_file)
    places: dict[NumberedImage, int] = {}
    faces: list[Face] = []
    for pair in read.pairs:
        for image in (pair.left, pair.right):
            if image not in places:
                places[image] = len(faces)
                faces.append(_lfw_face(card, folder, pairs_file, pair, image))
    left = [places[pair.left] for pair in read.pairs]
    right = [places[pair.right] for pair in read.pairs]
    genuine = [pair.genuine for pair in read.pairs]
    people = [image.person for image in places]
    return face_set(card.id, faces, left, right, genuine, read.folds, people)


def _lfw_face(
    card: LfwDataset, folder: Path, pairs_file: Path, pair: LfwPair, image: NumberedImage
) -> Face:
    name = card.image.format(person=image.person, number=image.number)
    path = folder / name
    if not path.is_file():
        raise DatasetError(
            f"{pairs_file}: line {pair.line} names image {image.number} of {image.person!r}, and "
            f"there is no {path}; add it, or correct image = {card.image!r} in {card.card_file}."
        )
    return Face.in_file(name, path)


def _load_folder(card: FolderDataset, folder: Path) -> FaceSet:
    _need_folder(folder)
    faces = [Face.in_file(path.relative_to(folder).as_posix(), path) for path in _images(folder)]
    if not faces:
        raise DatasetError(
            f"{folder}: holds no image ({', '.join(IMAGE_SUFFIXES)}); put the faces of "
            f"{card.id!r} there."
        )
    return face_set(card.id, faces)


def _images(folder: Path) -> Iterator[Path]:
    """Every image below a folder, in the order of their paths; hidden files are not images."""
    for path in sorted(folder.rglob("*"), key=lambda found: found.relative_to(folder).parts):
        hidden = path.name.startswith(".")  # as macOS's «._face.jpg»
        if path.suffix.lower() in IMAGE_SUFFIXES and not hidden and path.is_file():
            yield path


def _need_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise DatasetError(
            f"{folder}: no such folder; put the images there, or give --data-dir the folder that "
            "has them."
        )


def _checked(card: LfwDataset | FolderDataset, folder: Path, faces: FaceSet) -> FaceSet:
    _compare(card, folder, faces.sha256)
    return faces


def _compare(card: DatasetCard, path: Path, found: str) -> None:
    if card.sha256 and card.sha256 != found:
        raise DatasetError(
            f"{path}: has SHA-256 {found} and {card.card_file} says {card.sha256}; give the data "
            "that the card means, or correct its sha256."
        )
