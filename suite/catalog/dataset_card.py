"""The cards of datasets: where faces and pairs are, and how the faces are aligned."""

import re
from string import Formatter
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field, field_validator

from suite.catalog.alignment import AlignSpec
from suite.catalog.folds import FOLDS
from suite.catalog.table import Card, Sha256, Table

# What may follow a colon; Python's own formats may ask for a gigabyte of blanks.
_FORMATS = {"person": r"([<>^]?\d{1,2})?s?", "number": r"([<>^]?\d{1,2})?[dxX]?"}

Unreadable = Literal["error", "skip"]
Damaged = Literal["error", "count"]


class ExpectedCounts(Table):
    """How many distinct images, people and pairs a set must have; none given, none is asked."""

    images: Annotated[int, Field(ge=1)] | None = None
    people: Annotated[int, Field(ge=1)] | None = None
    pairs: Annotated[int, Field(ge=1)] | None = None


class Dataset(Card):
    """What every kind has in common.

    Attributes
    ----------
    HAS_PAIRS : whether the kind has pairs, so that models can be evaluated on it
    damaged : what is done with an image of which a library says that it is damaged, and makes a
        picture: it is refused, or used so and counted
    """

    HAS_PAIRS: ClassVar[bool] = True

    sha256: Sha256 | None = None
    expected: ExpectedCounts = ExpectedCounts()
    damaged: Damaged = "error"

    @property
    def decodes_images(self) -> bool:
        """Whether every image is decoded when the set is read."""
        return False


class BinDataset(Dataset):
    """An InsightFace ``.bin``: a pickle of encoded images and the list of issame.

    ``identities`` is a text file with a line for each image of the list, in its order, that
    says who it shows.
    """

    kind: Literal["bin"]
    file: str
    identities: str | None = None
    folds: Annotated[int, Field(ge=2)] = FOLDS

    def named_files(self) -> dict[str, str]:
        """Each file or folder that the card names, by its key."""
        return {"file": self.file, **({"identities": self.identities} if self.identities else {})}


class ImagesDataset(Dataset):
    """What the kinds with image files in a folder have in common.

    Attributes
    ----------
    TAKES_WHOLE_FOLDER : whether a file in the folder that is no image is worth a remark
    unreadable : what is done with an image that cannot be decoded
    """

    TAKES_WHOLE_FOLDER: ClassVar[bool] = True

    folder: str
    align: AlignSpec | None = None
    unreadable: Unreadable = "error"

    @property
    def decodes_images(self) -> bool:
        """Whether every image is decoded when the set is read."""
        return self.align is not None or self.unreadable == "skip"

    def named_files(self) -> dict[str, str]:
        """Each file or folder that the card names, by its key."""
        named = {"folder": self.folder}
        for key in ("landmarks", "detector"):
            relative = getattr(self.align, key, None)
            if relative:
                named[f"align.{key}"] = relative
        return named


class LfwDataset(ImagesDataset):
    """A folder of images, a sub-folder per person, and pairs in LFW's ``pairs.txt`` form."""

    kind: Literal["lfw"]
    pairs: str
    image: str = "{person}/{person}_{number:04d}.jpg"

    @field_validator("image")
    @classmethod
    def _image_names_both(cls, value: str) -> str:
        if not _is_pattern(value):
            raise ValueError(
                "is a pattern of {person} and {number}, as '{person}/{person}_{number:04d}.jpg'"
            )
        return value

    def named_files(self) -> dict[str, str]:
        """Each file or folder that the card names, by its key."""
        return {**super().named_files(), "pairs": self.pairs}

    def also_at(self, relative: str) -> tuple[str, ...]:
        """The list of pairs may lie in the images' folder, as some copies of LFW have it."""
        return (f"{self.folder}/{relative}",) if relative == self.pairs else ()


class CsvColumns(Table):
    """What a CSV calls its columns."""

    left: str = "left"
    right: str = "right"
    same: str = "same"
    fold: str = "fold"
    left_person: str = "left_person"
    right_person: str = "right_person"


class CsvDataset(ImagesDataset):
    """A folder of images, and a CSV of pairs with columns ``left``, ``right``, ``same``.

    ``folds`` are contiguous, ten where none are given; a column ``fold`` says them instead.
    ``left_person`` and ``right_person`` may say who the images show.
    ``columns`` are the names that the CSV has for these.
    """

    TAKES_WHOLE_FOLDER = False

    kind: Literal["csv"]
    file: str
    folds: Annotated[int, Field(ge=2)] | None = None
    columns: CsvColumns = CsvColumns()

    def named_files(self) -> dict[str, str]:
        """Each file or folder that the card names, by its key."""
        return {**super().named_files(), "file": self.file}


class PeopleDataset(ImagesDataset):
    """A folder with a sub-folder per person, of which pairs are drawn.

    ``pairs_per_fold`` is the number of genuine pairs in a fold, and that of impostor pairs;
    ``seed`` draws others.
    """

    kind: Literal["people"]
    folds: Annotated[int, Field(ge=2, le=1000)] = FOLDS
    pairs_per_fold: Annotated[int, Field(ge=1, le=1_000_000)] = 300
    seed: Annotated[int, Field(ge=0)] = 0


class FolderDataset(ImagesDataset):
    """Images alone, every one below a folder: for calibration."""

    HAS_PAIRS = False

    kind: Literal["folder"]


def _is_pattern(value: str) -> bool:
    """Whether a pattern names persons and numbers alone, no part of them, and says how wide."""
    try:
        parts = list(Formatter().parse(value))
    except ValueError:
        return False
    if not all(
        name in _FORMATS and not conversion and re.fullmatch(_FORMATS[name], spec or "")
        for _, name, spec, conversion in parts
        if name is not None
    ):
        return False
    try:
        value.format(person="p", number=1)
    except (LookupError, ValueError, TypeError, AttributeError):
        return False
    return True


# A new kind is a class here, in this union, and a module of `suite.datasets.kinds`.
DatasetCard = BinDataset | LfwDataset | CsvDataset | PeopleDataset | FolderDataset


def _kind(card: type[Dataset]) -> str:
    return str(get_args(card.model_fields["kind"].annotation)[0])


KINDS = tuple(_kind(card) for card in get_args(DatasetCard))
PAIRED_KINDS = tuple(_kind(card) for card in get_args(DatasetCard) if card.HAS_PAIRS)
