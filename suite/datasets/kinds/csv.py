"""Pairs in a CSV: two images' paths, whether they show one person, and a fold where given."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from suite.catalog.dataset_card import CsvColumns, CsvDataset
from suite.catalog.errors import DatasetError
from suite.catalog.files import is_file
from suite.catalog.folds import FOLDS
from suite.catalog.text import on_disk, read_text
from suite.datasets.alignment.aligner import cut_faces
from suite.datasets.face_set import FaceSet
from suite.datasets.images.folder import NamedImage, plain_name
from suite.datasets.kinds.list_form import rows_of
from suite.datasets.line_pair import LinePair, LinePairs
from suite.datasets.listed_pairs import list_pairs, paired
from suite.datasets.pair_checks import refuse_odd_pairs
from suite.datasets.reading import Reading

_LABELS = {
    **dict.fromkeys(("1", "true", "genuine"), True),
    **dict.fromkeys(("0", "false", "impostor"), False),
}
_COLUMNS = CsvColumns()
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
        or genuine, else 0, false or impostor; ``fold``, a whole number, need not be. Other columns
        and blank lines do not count. A file without such a line has the first three alone.
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
    with_fold, pairs = _rows(path, columns)
    if not pairs:
        raise DatasetError(where=path, what="has no pair; give a line for each below its header.")
    refuse_odd_pairs(path, pairs)
    if with_fold:
        counts = Counter(pair.fold for pair in pairs)
        _check_folds(path, counts, folds)
        sizes = tuple(counts[fold] for fold in sorted(counts))
        return LinePairs(tuple(sorted(pairs, key=lambda pair: pair.fold)), len(counts), sizes)
    folds = folds or FOLDS
    if len(pairs) < folds:
        raise DatasetError(
            where=path,
            what=f"has {len(pairs)} pairs, too few for {folds} folds; add pairs or lower folds "
            "in the card.",
        )
    return LinePairs(tuple(pairs), folds)


def _rows(path: Path, columns: CsvColumns) -> tuple[bool, list[CsvPair]]:
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


def _read(path: Path, text: str, columns: CsvColumns) -> tuple[bool, list[CsvPair]]:
    rows = rows_of(path, text, columns, _LABELS)
    header = [name.strip().lower() for name in next(rows, (1, []))[1]]
    names = list(columns.model_dump().values())
    with_fold = columns.fold.strip().lower() in header or columns.fold != _COLUMNS.fold
    wanted = names if with_fold else names[:3]
    places = [_place(path, header, name) for name in wanted]
    pairs = []
    for line, row in rows:
        if not any(field.strip() for field in row):
            continue
        if len(row) != len(header):
            raise DatasetError(
                where=path,
                what=f"line {line} has {len(row)} fields where line 1 has {len(header)}; "
                "correct it.",
            )
        pairs.append(_pair(path, line, wanted, [row[place].strip() for place in places]))
    return with_fold, pairs


def _place(path: Path, header: Sequence[str], name: str) -> int:
    if header.count(name.strip().lower()) != 1:
        found = ", ".join(repr(column) for column in header) or "nothing"
        raise DatasetError(
            where=path,
            what=f"line 1 must name the column {name!r} once, and has {found}; write "
            "'left,right,same' there, and 'fold' where folds are given, or say in the card's "
            "[columns] what they are called.",
        )
    return header.index(name.strip().lower())


def _pair(path: Path, line: int, columns: Sequence[str], fields: Sequence[str]) -> CsvPair:
    names = []
    for column, given in zip(columns[:2], fields[:2], strict=True):
        name = plain_name(given)
        if name is None:
            raise DatasetError(
                where=path,
                what=f"line {line}: {column} = {given!r} is no path below the card's folder; "
                "give it relative to that folder.",
            )
        names.append(name)
    label = _LABELS.get(fields[2].lower())
    if label is None:
        raise DatasetError(
            where=path,
            what=f"line {line}: {columns[2]} = {fields[2]!r} must be 1, true or genuine, or "
            "0, false or impostor; correct it.",
        )
    fold = fields[3] if len(fields) > 3 else "0"
    if not (fold.isascii() and fold.isdecimal() and len(fold) < 10):
        raise DatasetError(
            where=path,
            what=f"line {line}: {columns[-1]} = {fold!r} must be a whole number; correct it.",
        )
    return CsvPair(names[0], names[1], label, int(fold), line)


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

    listed = list_pairs(read, named)
    return paired(card, listed, cut_faces(card, listed.images, reading))
