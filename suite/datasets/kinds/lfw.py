"""LFW's ``pairs.txt``: folds of genuine and impostor pairs, by a person's name and image number."""

from dataclasses import dataclass
from pathlib import Path

from suite.catalog.dataset_card import LfwDataset
from suite.catalog.errors import DatasetError
from suite.catalog.files import is_file
from suite.catalog.text import on_disk, read_text
from suite.datasets.alignment.aligner import cut_faces
from suite.datasets.face_set import FaceSet
from suite.datasets.images.folder import NamedImage, plain_name
from suite.datasets.line_pair import LinePair, LinePairs
from suite.datasets.list_fields import refuse_odd_fields
from suite.datasets.listed_pairs import list_pairs, paired
from suite.datasets.pair_checks import refuse_odd_pairs
from suite.datasets.reading import Reading


@dataclass(frozen=True)
class NumberedImage:
    """An image as LFW names it: the person, and the person's number of it."""

    person: str
    number: int


LfwPair = LinePair[NumberedImage]
"""A line of ``pairs.txt``; folds are counted from 1."""


def read_lfw_pairs(path: Path) -> LinePairs[NumberedImage]:
    """Read LFW's ``pairs.txt``.

    Parameters
    ----------
    path : the file. Its first line has the number of folds and n, the number of pairs of each
        kind in a fold, or each fold's own n; then each fold has n lines
        ``name number number`` (genuine) and n lines ``name number name number`` (impostor).
        Fields are parted by tabs or spaces; blank lines do not count.

    Raises
    ------
    DatasetError
        naming the file and the line, where a line has another form or pairs an image with
        itself, or a fold other counts than the first line says.
    """
    lines = _lines(path)
    folds, of_a_kind = _header(path, lines)
    said = 2 * sum(of_a_kind) * (folds if len(of_a_kind) == 1 else 1)
    if len(lines) - 1 != said:
        each = ", ".join(f"{count} + {count}" for count in of_a_kind)
        raise DatasetError(
            where=path,
            what=f"has {len(lines) - 1} pairs where its first line, {folds} folds of {each}, says "
            f"{said}; correct the pairs or that line, which may "
            "have a number for each fold after that of the folds.",
        )
    of_a_kind = of_a_kind * folds if len(of_a_kind) == 1 else of_a_kind
    sizes = tuple(2 * count for count in of_a_kind)
    fold_of = [fold for fold, size in enumerate(sizes, start=1) for _ in range(size)]
    pairs = tuple(
        _pair(path, line, text, fold) for fold, (line, text) in zip(fold_of, lines[1:], strict=True)
    )
    refuse_odd_pairs(path, pairs)
    start = 0
    for count in of_a_kind:
        _check_fold(path, pairs[start : start + 2 * count], count)
        start += 2 * count
    return LinePairs(pairs, len(sizes), sizes)


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        text = read_text(path)
    except OSError as error:
        raise DatasetError(
            where=path, what=f"cannot be read ({error.strerror}); give the path of LFW's pairs.txt."
        ) from error
    except UnicodeDecodeError as error:
        raise DatasetError(
            where=path, what="is not text in UTF-8; give LFW's pairs.txt."
        ) from error
    numbered = enumerate(text.splitlines(), start=1)
    return [(number, line) for number, line in numbered if line.strip()]


def _header(path: Path, lines: list[tuple[int, str]]) -> tuple[int, tuple[int, ...]]:
    """The folds, and how many pairs of each kind each of them has: one number, or one a fold."""
    line, text = lines[0] if lines else (1, "")
    fields = text.split()
    numbers = [int(field) for field in fields if _is_number(field) and int(field) > 0]
    if len(fields) == len(numbers) > 1:
        folds, *of_a_kind = numbers
        if len(of_a_kind) in (1, folds):
            return folds, tuple(of_a_kind)
    raise DatasetError(
        where=path,
        what=f"line {line} must have two numbers, the folds and the pairs of each kind in a fold, "
        f"as '10 300', or such a number for each fold, and has {text.strip()[:60]!r}; write it so, "
        "or take kind = 'csv' for lists of paths.",
    )


def _pair(path: Path, line: int, text: str, fold: int) -> LfwPair:
    fields = _fields(text)
    refuse_odd_fields(path, line, fields)
    match fields:
        case [name, first, second] if _is_number(first) and _is_number(second):
            left, right = NumberedImage(name, int(first)), NumberedImage(name, int(second))
            return LfwPair(left, right, True, fold, line)
        case [name, first, other, second] if _is_number(first) and _is_number(second):
            left, right = NumberedImage(name, int(first)), NumberedImage(other, int(second))
            if name != other:
                return LfwPair(left, right, False, fold, line)
            raise DatasetError(
                where=path,
                what=f"line {line} names {name!r} twice in an impostor pair; write a genuine "
                "pair as 'name number number'.",
            )
    raise DatasetError(
        where=path,
        what=f"line {line}, {text.strip()[:60]!r}, is neither 'name number number' nor "
        "'name number name number'; correct it.",
    )


def _fields(text: str) -> list[str]:
    """The fields of a line: by tabs, so that names may have spaces, else by any white space."""
    by_tab = [field.strip() for field in text.strip().split("\t")]
    return by_tab if len(by_tab) in (3, 4) else text.split()


def _is_number(field: str) -> bool:
    return field.isascii() and field.isdecimal() and len(field) <= 9


def _check_fold(path: Path, pairs: tuple[LfwPair, ...], of_a_kind: int) -> None:
    genuine = sum(pair.genuine for pair in pairs)
    if genuine != of_a_kind:
        raise DatasetError(
            where=path,
            what=f"fold {pairs[0].fold}, lines {pairs[0].line} to {pairs[-1].line}, has "
            f"{genuine} genuine and {len(pairs) - genuine} impostor pairs, and the first line says "
            f"{of_a_kind} of each; correct them.",
        )


def face_set_of(card: LfwDataset, reading: Reading) -> FaceSet:
    """The set of LFW's ``pairs.txt``.

    Raises
    ------
    DatasetError
        where the list is wrong or names an image that is not there.
    """
    file, folder = reading.locate(card.pairs), reading.locate(card.folder)

    def named(image: NumberedImage, line: int) -> NamedImage:
        name = card.image.format(person=image.person, number=image.number)
        path = on_disk(folder / name)
        if plain_name(name) is None or not is_file(path):
            raise DatasetError(
                where=file,
                what=f"line {line} names image {image.number} of {image.person!r}, and there is no "
                f"{path}; add it, or correct image = {card.image!r} in {card.card_file}.",
            )
        return NamedImage(name, path)

    listed = list_pairs(read_lfw_pairs(file), named, lambda image: image.person)
    return paired(card, listed, cut_faces(card, listed.images, reading))
