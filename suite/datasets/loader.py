"""A dataset's card made a set of faces."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from platformdirs import user_cache_path

from suite.catalog.dataset_card import (
    BinDataset,
    CsvDataset,
    DatasetCard,
    FolderDataset,
    LfwDataset,
    PeopleDataset,
)
from suite.datasets.alignment.aligner import Settled, settle
from suite.datasets.card_hash import compare_hash
from suite.datasets.face_set import FaceSet
from suite.datasets.images.folder import NamedImage, need_folder, passed_over
from suite.datasets.images.grey import grey_remark
from suite.datasets.kinds.bin import load_bin
from suite.datasets.kinds.csv import list_csv
from suite.datasets.kinds.folder import load_folder
from suite.datasets.kinds.lfw import list_lfw
from suite.datasets.kinds.people import load_people
from suite.datasets.listed_pairs import paired


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
        faces = load_bin(card, locate(card.file), identities)
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
            faces = load_people(card, folder, settled)
        case FolderDataset():
            faces = load_folder(card, folder, settled)
    compare_hash(card, folder, faces.sha256)
    named = [locate(path) for path in card.named_files().values()]
    more = () if isinstance(card, CsvDataset) else passed_over(folder, named)
    return replace(faces, remarks=(*faces.remarks, *more, *grey_remark(faces.faces)))
