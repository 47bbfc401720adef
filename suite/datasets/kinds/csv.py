"""Pairs in a CSV: two images' paths, whether they show one person, and a fold where given."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.catalog.dataset_card import CsvColumns, CsvDataset
from suite.catalog.errors import DatasetError
from suite.catalog.files import is_file
from suite.catalog.folds import FOLDS
from suite.catalog.text import composed, on_disk, read_text
from suite.datasets.alignment.aligner import cut_faces
from suite.datasets.face_set import FaceSet
from suite.datasets.images.folder import NamedImage, plain_name
from suite.datasets.kinds.list_form import rows_of
from suite.datasets.line_pair import LinePair, LinePairs
from suite.datasets.list_fields import refuse_odd_fields
from suite.datasets.listed_pairs import list_pairs, paired
from suite.datasets.pair_checks import refuse_odd_pairs
from suite.datasets.reading import Reading

_LABELS = {
    **dict.fromkeys(("1", "true", "genuine"), True),
    **dict.fromkeys(("0", "false", "impostor"), False),
}
_COLUMNS = CsvColumns()
# Of the columns that a file has so many are named.
_SHOWN = 20
_NEEDED = ("left", "right", "same")
CsvPair = LinePair[str]
"""A row; its images are paths below the set's folder, its fold is 0 without such a column."""


def read_pairs_csv(
    path: Path, folds: int | None = None, columns: CsvColumns = _COLUMNS
) -> LinePairs[str]:
    """Read a CSV of pairs.

    Parameters
    ----------
    path : the file, in UTF-8, fields parted by commas, tabs, semicolons or spaces. Its first line
        names the columns: ``left`` and ``right``, paths below the set's folder; ``same``: 1, true
        or genuine, else 0, false or impostor; ``fold``, a whole number, need not be, nor
        ``left_person`` and ``right_person``, who the images show. Other columns and blank lines
        do not count. A file without such a line has the first three alone.
    folds : how many folds the card says; without it, as many as the column ``fold`` has, or ten
    columns : what the first line calls the columns

    Returns
    -------
    the pairs in the file's order, or, with a column ``fold``, in the order of its numbers

    Raises
    ------
    DatasetError
        naming the file and the line, where a column is missing, a label or fold is none, or a
        path leaves the folder; where an image is paired with itself, a pair has both labels or
        all have one; or where pairs are too few for the folds.
    """
    found = _rows(path, columns)
    pairs, people = found.pairs, found.people
    if not pairs:
        raise DatasetError(where=path, what="has no pair; give a line for each below its header.")
    refuse_odd_pairs(path, pairs)
    if found.with_fold:
        counts = Counter(pair.fold for pair in pairs)
        _check_folds(path, counts, folds)
        sizes = tuple(counts[fold] for fold in sorted(counts))
        return LinePairs(
            tuple(sorted(pairs, key=lambda pair: pair.fold)), len(counts), sizes, people
        )
    folds = folds or FOLDS
    if len(pairs) < folds:
        raise DatasetError(
            where=path,
            what=f"has {len(pairs)} pairs, too few for {folds} folds; add pairs or lower folds "
            "in the card.",
        )
    return LinePairs(tuple(pairs), folds, people=people)


@dataclass(frozen=True)
class _Rows:
    """What a CSV has: its pairs, whether it numbers folds, and who its images show."""

    pairs: list[CsvPair]
    with_fold: bool
    people: dict[str, str]


def _rows(path: Path, columns: CsvColumns) -> _Rows:
    try:
        return _read(path, read_text(path), columns)
    except OSError as error:
        raise DatasetError(
            where=path, what=f"cannot be read ({error.strerror}); give the path of a CSV of pairs."
        ) from error
    except UnicodeDecodeError as error:
        raise DatasetError(where=path, what="is not text in UTF-8; save the CSV so.") from error
    except csv.Error as error:
        raise DatasetError(where=path, what=f"is no CSV ({error}); correct it.") from error


def _read(path: Path, text: str, columns: CsvColumns) -> _Rows:
    rows = rows_of(path, text, columns, _LABELS)
    header = [name.strip().lower() for name in next(rows, (1, []))[1]]
    refuse_odd_fields(path, 1, header)
    named, standard = columns.model_dump(), _COLUMNS.model_dump()
    there = {
        key: _place(path, header, name)
        for key, name in named.items()
        if key in _NEEDED or name.strip().lower() in header or name != standard[key]
    }
    if ("left_person" in there) != ("right_person" in there):
        raise DatasetError(
            where=path,
            what=f"line 1 names one of {named['left_person']!r} and {named['right_person']!r}; "
            "say who both images show, or of neither.",
        )
    found = _Rows([], "fold" in there, {})
    for line, row in rows:
        if not any(field.strip() for field in row):
            continue
        refuse_odd_fields(path, line, row)
        if len(row) != len(header):
            raise DatasetError(
                where=path,
                what=f"line {line} has {len(row)} fields where line 1 has {len(header)}; "
                "correct it.",
            )
        fields = {key: row[place].strip() for key, place in there.items()}
        found.pairs.append(_pair(path, line, named, fields))
        if "left_person" in there:
            _meet(path, found.pairs[-1], fields, found.people)
    return found


def _place(path: Path, header: Sequence[str], name: str) -> int:
    if header.count(name.strip().lower()) != 1:
        shown = [repr(column) for column in header[:_SHOWN]]
        found = ", ".join([*shown, *(["…"] if header[_SHOWN:] else [])]) or "nothing"
        raise DatasetError(
            where=path,
            what=f"line 1 must name the column {name!r} once, and has {found}; write "
            "'left,right,same' there, and 'fold' where folds are given, or say in the card's "
            "[columns] what they are called.",
        )
    return header.index(name.strip().lower())


def _pair(path: Path, line: int, columns: Mapping[str, str], fields: Mapping[str, str]) -> CsvPair:
    names = []
    for key in ("left", "right"):
        name = plain_name(fields[key])
        if name is None:
            raise DatasetError(
                where=path,
                what=f"line {line}: {columns[key]} = {fields[key]!r} is no path below the card's "
                "folder; give it relative to that folder.",
            )
        names.append(name)
    label = _LABELS.get(fields["same"].lower())
    if label is None:
        raise DatasetError(
            where=path,
            what=f"line {line}: {columns['same']} = {fields['same']!r} must be 1, true or genuine, "
            "or 0, false or impostor; correct it.",
        )
    fold = fields.get("fold", "0")
    if not (fold.isascii() and fold.isdecimal() and len(fold) < 10):
        raise DatasetError(
            where=path,
            what=f"line {line}: {columns['fold']} = {fold!r} must be a whole number; correct it.",
        )
    return CsvPair(names[0], names[1], label, int(fold), line)


def _meet(path: Path, pair: CsvPair, fields: Mapping[str, str], people: dict[str, str]) -> None:
    """Note who a pair's images show.

    Raises
    ------
    DatasetError
        where nobody is named, an image shows somebody else than before, or the label says so.
    """
    left, right = (composed(fields[key]) for key in ("left_person", "right_person"))
    if not (left and right):
        raise DatasetError(
            where=path, what=f"line {pair.line} does not say who both images show; name them."
        )
    for image, person in ((pair.left, left), (pair.right, right)):
        before = people.setdefault(image, person)
        if before != person:
            raise DatasetError(
                where=path,
                what=f"line {pair.line}: {image!r} shows {person!r}, and {before!r} on a line "
                "before; correct one of them.",
            )
    if pair.genuine != (left == right):
        said = "one person" if pair.genuine else "two persons"
        raise DatasetError(
            where=path,
            what=f"line {pair.line} is labelled as {said} and names {left!r} and {right!r}; "
            "correct the label or a name.",
        )


def _check_folds(path: Path, counts: Counter[int], folds: int | None) -> None:
    if len(counts) < 2:
        raise DatasetError(
            where=path,
            what="column 'fold' has one fold, and accuracy needs at least two; number them, or "
            "remove the column.",
        )
    if folds and folds != len(counts):
        raise DatasetError(
            where=path,
            what=f"column 'fold' has {len(counts)} folds and the card says folds = {folds}; "
            "correct one of them.",
        )


def face_set_of(card: CsvDataset, reading: Reading) -> FaceSet:
    """The set of a CSV of pairs.

    Raises
    ------
    DatasetError
        where the CSV is wrong or names an image that is not there.
    """
    file, folder = reading.locate(card.file), reading.locate(card.folder)
    read = read_pairs_csv(file, card.folds, card.columns)

    def named(name: str, line: int) -> NamedImage:
        path = on_disk(folder / name)
        if not is_file(path):
            raise DatasetError(
                where=file,
                what=f"line {line} names {name!r}, and there is no {folder / name}; add it, or "
                f"correct folder in {card.card_file}.",
            )
        return NamedImage(name, path)

    listed = list_pairs(read, named, read.people.__getitem__ if read.people else None)
    return paired(card, listed, cut_faces(card, listed.images, reading))
