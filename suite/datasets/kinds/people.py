"""A folder per person, of which pairs are drawn."""

from collections.abc import Sequence
from pathlib import Path

from suite.catalog.dataset_card import PeopleDataset
from suite.catalog.errors import DatasetError, spelt_out
from suite.catalog.text import composed
from suite.datasets.alignment.aligner import cut_faces
from suite.datasets.drawn_pairs import draw_pairs
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet, PairList, face_set
from suite.datasets.images.folder import (
    READ_SUFFIXES,
    NamedImage,
    images_below,
    is_hidden_folder,
    passed_over,
)
from suite.datasets.kinds.folder import need_images
from suite.datasets.reading import Reading


def face_set_of(card: PeopleDataset, reading: Reading) -> FaceSet:
    """The set of people's folders."""
    folder = reading.locate(card.folder)
    images = list(images_below(folder))
    _refuse_stray(card, folder, images)
    found = cut_faces(card, images, reading)
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
        left_out = "; ".join((*found.remarks, *passed_over(folder)))
        also = f" ({left_out})" if left_out else ""
        raise DatasetError(where=card.card_file, what=f"below {folder}, {error}{also}") from None
    remarks = [*found.remarks]
    repeated = len(found.kept) - len(faces)
    if repeated:
        remarks.append(f"{repeated:,} images are there twice for one person, and count once")
    lost = len(images) - len(found.kept)
    if lost:
        remarks.append(
            f"pairs are drawn without the images left out ({lost:,}): they are other pairs than "
            "those of the whole folder"
        )
    if drawn.shared:
        remarks.append("people are too few for folds of their own: some are in several folds")
    pairs = PairList(drawn.left, drawn.right, drawn.genuine, card.folds)
    return face_set(card.id, faces, pairs, named, remarks, found.acquisition)


def _refuse_stray(card: PeopleDataset, folder: Path, images: Sequence[NamedImage]) -> None:
    need_images(card, folder, images)
    for image in images:
        if "/" not in image.name:
            raise DatasetError(
                where=image.path,
                what="lies beside the people's folders; put it into a folder that is "
                "named by whom it shows, or remove it.",
            )
    shown = {image.name.split("/", 1)[0] for image in images}
    for place in sorted(folder.iterdir()):
        if (
            place.is_dir()
            and not is_hidden_folder(place.name)
            and composed(spelt_out(place.name)) not in shown
        ):
            raise DatasetError(
                where=place,
                what=f"this person's folder holds no image ({', '.join(READ_SUFFIXES)}); put "
                "some there, or remove it.",
            )
