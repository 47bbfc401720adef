"""A dataset's card made a set of faces."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from suite.catalog.dataset_card import (
    BinDataset,
    CsvDataset,
    DatasetCard,
    FolderDataset,
    ImagesDataset,
    LfwDataset,
    PeopleDataset,
)
from suite.catalog.errors import refusals_said
from suite.catalog.files import user_cache
from suite.datasets.card_hash import compare_hash
from suite.datasets.expected_counts import refuse_other_counts
from suite.datasets.face_set import FaceSet
from suite.datasets.images.folder import need_folder, passed_over
from suite.datasets.images.grey import grey_remark
from suite.datasets.kinds import bin, csv, folder, lfw, people
from suite.datasets.reading import Reading

# A new kind is a card, a module with a function of this name and signature, and a line here.
_KINDS: Mapping[type[DatasetCard], Callable[[Any, Reading], FaceSet]] = {
    BinDataset: bin.face_set_of,
    LfwDataset: lfw.face_set_of,
    CsvDataset: csv.face_set_of,
    PeopleDataset: people.face_set_of,
    FolderDataset: folder.face_set_of,
}


def load_dataset(
    card: DatasetCard,
    locate: Callable[[str], Path],
    aligned: Path | None = None,
    advance: Callable[[int, int], None] | None = None,
    threads: int = 0,
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
    threads : how many images are aligned at once; 0 for one a core

    Raises
    ------
    DatasetError
        where files are absent or not what they should be, or have another hash or other counts
        than the card's.
    SuiteError
        where the system refuses a file or folder.
    """
    with refusals_said():
        kept = aligned or user_cache() / "aligned"
        return _read(card, Reading(locate, kept, advance, threads))


def _read(card: DatasetCard, reading: Reading) -> FaceSet:
    locate = reading.locate
    if isinstance(card, ImagesDataset):
        need_folder(locate(card.folder))
    faces = _KINDS[type(card)](card, reading)
    remarks = faces.remarks
    if isinstance(card, ImagesDataset):
        compare_hash(card, locate(card.folder), faces.sha256)
        if card.TAKES_WHOLE_FOLDER:
            named = [locate(path) for path in card.named_files().values()]
            remarks += passed_over(locate(card.folder), named)
    faces = replace(faces, remarks=(*remarks, *grey_remark(faces.faces)))
    refuse_other_counts(card, faces)
    return faces
