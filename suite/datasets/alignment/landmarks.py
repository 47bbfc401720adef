"""A CSV of five points for each image."""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from suite.catalog.errors import DatasetError
from suite.catalog.text import read_text
from suite.datasets.alignment.geometry import TEMPLATE, Image, Points
from suite.datasets.images.folder import plain_name
from suite.datasets.list_fields import refuse_odd_fields

# Points of a face lie further apart; shares of the image's size, from 0 to 1, do not.
# No image is as large.
_FARTHEST = 1e6
_LEAST_PIXELS = 2
# A face that is turned away is nearly as well a mirrored one; labels that are swapped fit at least
# four times better mirrored.
_MIRRORED = 2


@dataclass(frozen=True, eq=False)
class Landmarks:
    """A line of the CSV.

    Attributes
    ----------
    points : float64 [5, 2], x and y in pixels of the image, in the order of `TEMPLATE`
    where : the file and the line, for messages
    """

    points: Points
    where: str

    def check_within(self, image: Image, name: str) -> None:
        """Refuse points that lie outside an image, uint8 [h, w, 3], by more than its own size.

        Raises
        ------
        DatasetError
            naming the file and the line.
        """
        size = np.array([image.shape[1], image.shape[0]])
        if (self.points < -size).any() or (self.points > 2 * size).any():
            raise DatasetError(
                where=self.where,
                what=f"the points of {name!r} lie far outside its {size[0]} × {size[1]} "
                "pixels; give them in pixels of this very image.",
            )


def read_landmarks(path: Path) -> dict[str, Landmarks]:
    """Read the five points of images.

    Parameters
    ----------
    path : a CSV with a path below the set's folder and ten numbers a line: x and y of the left
        eye as one sees it, the right eye, the nose and the corners of the mouth, left and right, in
        pixels; a first line without numbers names the columns

    Returns
    -------
    the points by the image's path

    Raises
    ------
    DatasetError
        naming the file and the line, where one has another form, or points that are no upright
        face's.
    """
    found: dict[str, Landmarks] = {}
    for line, row in _rows(path):
        refuse_odd_fields(path, line, row)
        numbers = [_number(field) for field in row[1:]]
        if line == 1 and len(row) == 11 and all(map(math.isnan, numbers)):
            continue
        where = f"{path}: line {line}"
        name = _name(where, row[0], numbers)
        if name in found:
            raise DatasetError(f"{where} names {name!r} again; keep one line of it.")
        points = np.array(numbers).reshape(5, 2)
        _refuse_no_face(where, name, points)
        found[name] = Landmarks(points, where)
    if not found:
        raise DatasetError(where=path, what="has no landmarks; give a line for each image.")
    return found


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The lines of a CSV that are not blank, each with its number from 1."""
    try:
        reader = csv.reader(io.StringIO(read_text(path)), strict=True)
        for row in reader:
            if any(field.strip() for field in row):
                yield reader.line_num, row
    except OSError as error:
        raise DatasetError(
            where=path,
            what=f"the landmarks cannot be read ({error.strerror}); correct align.landmarks.",
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(where=path, what=f"is no CSV in UTF-8 ({error}); correct it.") from error


def _name(where: str, given: str, numbers: Sequence[float]) -> str:
    """The image of a line, which must have ten numbers beside it."""
    name = plain_name(given)
    if name is None:
        raise DatasetError(
            where=where,
            what=f"{given!r} is no path below the card's folder; give it relative to that folder.",
        )
    if len(numbers) != 10 or not all(abs(number) <= _FARTHEST for number in numbers):
        raise DatasetError(
            f"{where} must have a path and ten numbers, x and y of five points in pixels; "
            "correct it."
        )
    return name


def _refuse_no_face(where: str, name: str, points: Points) -> None:
    if (points == points[0]).all():
        raise DatasetError(where=where, what=f"the five points of {name!r} are one; correct it.")
    if np.ptp(points, axis=0).max() < _LEAST_PIXELS:
        raise DatasetError(
            where=where,
            what=f"the five points of {name!r} lie within {_LEAST_PIXELS} pixels; give them in "
            "pixels of the image, not as shares of its size.",
        )
    z, w = (
        centred[:, 0] + 1j * centred[:, 1] for centred in (_centred(points), _centred(TEMPLATE))
    )
    # What `geometry.similarity` turns and scales by, but for a factor, and the same of the mirrored
    # points.
    turned, mirrored = complex((np.conj(z) * w).sum()), complex((z * w).sum())
    if abs(mirrored) > _MIRRORED * abs(turned):
        raise DatasetError(
            where=where,
            what=f"left and right of {name!r} are swapped; give the eye and the corner of the "
            "mouth that are left as one sees them first.",
        )
    if turned.real < 0:
        raise DatasetError(
            where=where,
            what=f"the points of {name!r} are turned by more than 90°; give x before y, from "
            "the upper left corner, in the order eyes, nose, mouth, of an upright image.",
        )


def _centred(points: Points) -> Points:
    # Scaled, so that squares of enormous numbers stay finite.
    middle = points / np.abs(points).max()
    return np.asarray(middle - middle.mean(axis=0), dtype=np.float64)


def _number(field: str) -> float:
    try:
        return float(field)
    except ValueError:
        return math.nan
