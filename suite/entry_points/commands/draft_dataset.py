"""A dataset's card, drafted from what lies on the disk, with the counts that it has now."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from suite.catalog.dataset_card import DatasetCard, LfwDataset, PeopleDataset
from suite.catalog.errors import DatasetError
from suite.catalog.files import is_file, is_folder
from suite.catalog.folds import FOLDS
from suite.catalog.text import on_disk, read_text
from suite.datasets.face_set import FaceSet
from suite.datasets.images.folder import images_below
from suite.datasets.kinds.csv import read_pairs_csv
from suite.datasets.kinds.lfw import read_lfw_pairs
from suite.datasets.loader import load_dataset
from suite.entry_points.commands.card_text import CardPlace, id_from, plain, quoted

_CARD: TypeAdapter[Any] = TypeAdapter(DatasetCard)
_PAIRS_PER_FOLD: int = PeopleDataset.model_fields["pairs_per_fold"].default
_LFW_IMAGE: str = LfwDataset.model_fields["image"].default
_LFW_FIRST_LINE = re.compile(r"\d+(\s+\d+)*\s*$")
_SUFFIXES = (".bin", ".csv", ".tsv", ".txt")
_ALIGN = (
    "# Faces that are not aligned to the network's template yet need a table [align]; see",
    "# docs/datasets.md.",
)


def is_dataset(path: Path) -> bool:
    """Whether a path is drafted as a dataset: a folder, or a file that is called so."""
    return is_folder(path) or (is_file(path) and path.suffix.lower() in _SUFFIXES)


def draft_dataset(path: Path, beside: Path | None) -> str:
    """The card as TOML.

    Parameters
    ----------
    path : a ``.bin``, a list of pairs (a CSV, or LFW's ``pairs.txt``) beside its images, or a
        folder of people's folders or of images
    beside : the folder that the card will lie in; None where it is not known

    Raises
    ------
    DatasetError
        where the set cannot be read.
    """
    place = CardPlace(beside, "datasets")
    keys = _keys(path)
    read = _read(path, keys)
    named = {key: value for key, value in keys.items() if isinstance(value, Path)}
    folder = named.get("folder")
    # A list lies beside its images' folder or in it.
    outermost = folder if folder and folder == path.parent else path
    lines = [
        f"# Drafted from {plain(path.name)}: {_found(read)}.",
        f"id = {quoted(id_from(path, 'faces'))}",
        f"kind = {quoted(str(keys['kind']))}",
        *place.said_of(outermost),
        *(f"{key} = {quoted(place.path_of(value, outermost))}" for key, value in named.items()),
        f"expected = {{{', '.join(_counts(read, pairs=keys['kind'] != 'people'))}}}",
    ]
    if "pairs_per_fold" in keys:
        lines += [f"pairs_per_fold = {keys['pairs_per_fold']}"]
        lines += [
            "# For calibration alone, write kind = 'folder', leave pairs_per_fold out, and write",
            f"# expected = {{images = {len(read.faces)}}}.",
        ]
    if keys["kind"] != "bin":
        lines += ["", *_ALIGN]
    return "\n".join(lines) + "\n"


def _keys(path: Path) -> dict[str, str | int | Path]:
    """The kind of a set, and what its card names, by key."""
    if is_folder(path):
        names = [image.name.split("/") for image in images_below(path)]
        people = Counter(name[0] for name in names if len(name) > 1)
        if not people:
            return {"kind": "folder", "folder": path}
        genuine = sum(count * (count - 1) // 2 for count in people.values())
        fitting = max(1, min(genuine // FOLDS, _PAIRS_PER_FOLD))
        return {"kind": "people", "folder": path, "pairs_per_fold": fitting}
    if path.suffix.lower() == ".bin":
        return {"kind": "bin", "file": path}
    try:
        first = next(iter(read_text(path).splitlines()), "")
    except (OSError, UnicodeDecodeError):
        raise DatasetError(
            where=path,
            what="is no ONNX file, no .bin, no list of pairs in UTF-8 and no folder; give the "
            "path of one.",
        ) from None
    if _LFW_FIRST_LINE.match(first):
        numbered = read_lfw_pairs(path).pairs[0].left
        image = _LFW_IMAGE.format(person=numbered.person, number=numbered.number)
        return {"kind": "lfw", "folder": _images_of(path, image), "pairs": path}
    image = read_pairs_csv(path).pairs[0].left
    return {"kind": "csv", "folder": _images_of(path, image), "file": path}


def _images_of(listed: Path, first: str) -> Path:
    """The folder of a list's images: its own or one beside it, by the first image that it names.

    Raises
    ------
    DatasetError
        where none or several of them have that image.
    """
    beside = sorted(each for each in listed.parent.iterdir() if is_folder(each))
    found = [each for each in (listed.parent, *beside) if is_file(on_disk(each / first))]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(each.name for each in found)
        raise DatasetError(
            where=listed,
            what=f"its first image, {first!r}, lies in several folders beside it: {names}; put the "
            "list into the one that is meant.",
        )
    raise DatasetError(
        where=listed,
        what=f"its first image, {first!r}, lies neither in the list's folder nor in one beside it; "
        "put the list beside its folder of images, or write the card by hand (docs/datasets.md).",
    )


def _read(path: Path, keys: dict[str, str | int | Path]) -> FaceSet:
    """The set, read from where it lies."""
    given = {key: str(v) if isinstance(v, Path) else v for key, v in keys.items()}
    card = _CARD.validate_python({"id": id_from(path, "faces"), "card_file": path, **given})
    return load_dataset(card, Path)


def _found(read: FaceSet) -> str:
    return "; ".join((", ".join(_counts(read, pairs=True)).replace(" = ", " "), *read.remarks))


def _counts(read: FaceSet, *, pairs: bool) -> Iterator[str]:
    yield f"images = {len(read.faces)}"
    if read.person_count is not None:
        yield f"people = {read.person_count}"
    if pairs and len(read.genuine):
        yield f"pairs = {len(read.genuine)}"
