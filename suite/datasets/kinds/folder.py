"""Images alone, every one below a folder."""

from collections.abc import Sequence
from pathlib import Path

from suite.catalog.dataset_card import FolderDataset, ImagesDataset
from suite.catalog.errors import DatasetError
from suite.datasets.alignment.aligner import cut_faces
from suite.datasets.face_set import FaceSet, face_set
from suite.datasets.images.folder import READ_SUFFIXES, NamedImage, images_below
from suite.datasets.reading import Reading


def face_set_of(card: FolderDataset, reading: Reading) -> FaceSet:
    """The set of a folder without pairs."""
    folder = reading.locate(card.folder)
    images = list(images_below(folder))
    need_images(card, folder, images)
    found = cut_faces(card, images, reading)
    faces = found.kept
    if not faces:
        raise DatasetError(
            where=card.card_file,
            what=f"no image of {card.id!r} remains: {'; '.join(found.remarks)}; "
            "repair the images or change [align].",
        )
    remarks = list(found.remarks)
    copies = len(faces) - len({face.sha256 for face in faces})
    if copies:
        remarks.append(f"{copies:,} of {len(faces):,} images are copies of others and count once")
    return face_set(card.id, faces, remarks=remarks, acquisition=found.acquisition)


def need_images(card: ImagesDataset, folder: Path, images: Sequence[NamedImage]) -> None:
    """Raise DatasetError where a folder holds no image."""
    if not images:
        raise DatasetError(
            where=folder,
            what=f"holds no image ({', '.join(READ_SUFFIXES)}); put the faces of "
            f"{card.id!r} there.",
        )
