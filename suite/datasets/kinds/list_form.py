"""The forms in which lists of pairs are published: told apart, read, or named."""

import csv
import io
from collections.abc import Collection, Iterator
from pathlib import Path

from suite.catalog.dataset_card import CsvColumns
from suite.catalog.errors import DatasetError
from suite.datasets.images.folder import READ_SUFFIXES

_MARKS = ",\t;"


def rows_of(
    path: Path, text: str, columns: CsvColumns, labels: Collection[str]
) -> Iterator[tuple[int, list[str]]]:
    """The rows of a list of pairs, each with its line's number, the names of the columns first.

    Parameters
    ----------
    path : the file, for messages
    text : what it holds; fields are parted by what its first line has: commas, tabs, semicolons
        or else spaces. A first line ``path path label`` names no columns and is a pair.
    columns : what they are called
    labels : the words that say whether a pair shows one person

    Raises
    ------
    DatasetError
        naming the form that is expected and the one that was found, where a list of another is
        known.
    """
    first = next(iter(text.splitlines()), "")
    mark = next((mark for mark in _MARKS if mark in first), " " if first.split()[1:] else ",")
    lines: Iterator[str] = io.StringIO(text)
    if mark == " ":
        lines = (" ".join(line.split()) for line in lines)
    fields = [field.strip() for field in first.split(None if mark == " " else mark)]
    if other := _other_form(fields, labels, mark):
        raise DatasetError(
            where=path,
            what=f"line 1, {first.strip()[:60]!r}, is {other}; expected are two paths and a label "
            f"a line, below 'left,right,same' or without such a line.",
        )
    if len(fields) == 3 and fields[2].lower() in labels:
        yield 1, [columns.left, columns.right, columns.same]
    reader = csv.reader(lines, delimiter=mark, strict=True)
    for row in reader:
        yield reader.line_num, row


def _other_form(fields: list[str], labels: Collection[str], mark: str) -> str | None:
    """What a list is whose first line is of another known form."""
    match fields:
        case [left, right] if left.isdecimal() and right.isdecimal() and mark == ",":
            return (
                "two numbers of images, as in CFP's Pair_list; write their paths, or pack the set "
                "into a .bin, as InsightFace's cfp2pack does"
            )
        case ["name", "imagenum1", *_]:
            return (
                "that of LFW's pairs as Kaggle has them; take LFW's own pairs.txt, which kind = "
                "'lfw' reads"
            )
        case [folds, pairs] if folds.isdecimal() and pairs.isdecimal():
            return "the first of LFW's pairs.txt, which kind = 'lfw' reads"
        case [image, number] if _is_image(image) and number.lstrip("-").isdecimal():
            return "one image and a number, as in CPLFW's and CALFW's lists of an image a line"
        case [label, left, right] if label.lower() in labels and _is_image(left, right):
            return "a label before two paths"
        case [left, right, label] if _is_image(left, right):
            known = label.lower() in labels
            return None if known else f"two paths and {label[:60]!r}, which is no label (1 or 0)"
        case [left, right] if _is_image(left, right):
            return "two paths without a label"
        case [image] if _is_image(image):
            return "one path without another and a label"
    return None


def _is_image(*names: str) -> bool:
    return all(name.lower().endswith(READ_SUFFIXES) for name in names)
