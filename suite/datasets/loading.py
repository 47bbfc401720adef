"""A dataset's card made a set of faces."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from suite.dataset_cards import (
    BinDataset,
    CsvDataset,
    DatasetCard,
    FolderDataset,
    ImagesDataset,
    LfwDataset,
    PeopleDataset,
)
from suite.datasets.aligning import Settled, settle
from suite.datasets.colours import grey_remark
from suite.datasets.drawn_pairs import draw_pairs
from suite.datasets.faceset import Face, FaceSet, face_set
from suite.datasets.image_folder import (
    IMAGE_SUFFIXES,
    NamedImage,
    images_below,
    is_hidden_folder,
    need_folder,
    passed_over,
)
from suite.datasets.insightface_bin import read_bin
from suite.datasets.listed_pairs import list_csv, list_lfw, paired
from suite.errors import DatasetError

Settle = Callable[[Sequence[NamedImage]], Settled]


def load_dataset(
    card: DatasetCard,
    locate: Callable[[str], Path],
    aligned: Path | None = None,
    advance: Callable[[int, int], None] | None = None,
) -> FaceSet:
    """Read the faces and pairs that a card names.

    Parameters
    ----------
    card : the dataset's card. Its ``sha256``, where given, is checked: for kind ``bin`` it is
        that of the file, for the others the set's content hash (`FaceSet.sha256`), which the
        message shows where it differs.
    locate : gives the path for a path in the card
    aligned : the folder in which aligned faces are kept; by default in the user's cache
    advance : called with the images read and how many there are

    Raises
    ------
    DatasetError
        where files are absent or not what they should be, or have another hash than the card's.
    """
    if isinstance(card, BinDataset):
        identities = locate(card.identities) if card.identities else None
        faces = _load_bin(card, locate(card.file), identities)
        return replace(faces, remarks=(*faces.remarks, *grey_remark(faces.faces)))
    folder = locate(card.folder)
    need_folder(folder)
    cache = aligned or user_cache_path("face-quant-gate") / "aligned"

    def settled(images: Sequence[NamedImage]) -> Settled:
        return settle(card, images, locate, cache, advance)

    match card:
        case LfwDataset():
            listed = list_lfw(card, folder, locate(card.pairs))
            faces = paired(card, listed, settled(listed.images))
        case CsvDataset():
            listed = list_csv(card, folder, locate(card.file))
            faces = paired(card, listed, settled(listed.images))
        case PeopleDataset():
            faces = _load_people(card, folder, settled)
        case FolderDataset():
            faces = _load_folder(card, folder, settled)
    _compare(card, folder, faces.sha256)
    named = [locate(path) for path in card.named_files().values()]
    more = () if isinstance(card, CsvDataset) else passed_over(folder, named)
    return replace(faces, remarks=(*faces.remarks, *more, *grey_remark(faces.faces)))


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


def _load_people(card: PeopleDataset, folder: Path, settled: Settle) -> FaceSet:
    images = list(images_below(folder))
    _refuse_stray(card, folder, images)
    found = settled(images)
    # An image that a person has twice would make a genuine pair of itself.
    people: dict[str, str] = {}
    faces: list[Face] = []
    for image, face in zip(images, found.faces, strict=True):
        person = image.name.split("/", 1)[0]
        if face is None or people.get(face.sha256) == person:
            continue
        people.setdefault(face.sha256, person)
        faces.append(face)
    named = [face.name.split("/", 1)[0] for face in faces]
    try:
        drawn = draw_pairs(named, card.folds, card.pairs_per_fold, card.seed)
    except DatasetError as error:
        raise DatasetError(f"{card.card_file}: below {folder}, {error}") from None
    remarks = [*found.remarks]
    repeated = len(_faces(found.faces)) - len(faces)
    if repeated:
        remarks.append(f"{repeated:,} images are there twice for one person, and count once")
    lost = len(images) - len(_faces(found.faces))
    if lost:
        remarks.append(
            f"pairs are drawn without the images left out ({lost:,}): they are other pairs than "
            "those of the whole folder"
        )
    if drawn.shared:
        remarks.append("people are too few for folds of their own: some are in several folds")
    return face_set(
        card.id, faces, drawn.left, drawn.right, drawn.genuine, card.folds, named, remarks
    )


def _refuse_stray(card: PeopleDataset, folder: Path, images: Sequence[NamedImage]) -> None:
    _need_images(card, folder, images)
    for image in images:
        if "/" not in image.name:
            raise DatasetError(
                f"{image.path}: lies beside the people's folders; put it into a folder that is "
                "named by whom it shows, or remove it."
            )
    shown = {image.name.split("/", 1)[0] for image in images}
    for place in sorted(folder.iterdir()):
        if place.is_dir() and not is_hidden_folder(place.name) and place.name not in shown:
            raise DatasetError(
                f"{place}: this person's folder holds no image ({', '.join(IMAGE_SUFFIXES)}); put "
                "some there, or remove it."
            )


def _load_folder(card: FolderDataset, folder: Path, settled: Settle) -> FaceSet:
    images = list(images_below(folder))
    _need_images(card, folder, images)
    found = settled(images)
    faces = _faces(found.faces)
    if not faces:
        raise DatasetError(
            f"{card.card_file}: no image of {card.id!r} remains: {'; '.join(found.remarks)}; "
            "repair the images or change [align]."
        )
    return face_set(card.id, faces, remarks=found.remarks)


def _need_images(card: ImagesDataset, folder: Path, images: Sequence[NamedImage]) -> None:
    if not images:
        raise DatasetError(
            f"{folder}: holds no image ({', '.join(IMAGE_SUFFIXES)}); put the faces of "
            f"{card.id!r} there."
        )


def _faces(faces: Iterable[Face | None]) -> list[Face]:
    return [face for face in faces if face is not None]


def _compare(card: DatasetCard, path: Path, found: str) -> None:
    if card.sha256 and card.sha256 != found:
        raise DatasetError(
            f"{path}: has SHA-256 {found} and {card.card_file} says {card.sha256}; give the data "
            "that the card means, or correct its sha256."
        )
