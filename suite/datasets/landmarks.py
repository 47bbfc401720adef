"""A CSV of five points for each image."""

import csv
import math
from pathlib import Path

import numpy as np

from suite.datasets.geometry import Points
from suite.datasets.image_folder import plain_name
from suite.errors import DatasetError


def read_landmarks(path: Path) -> dict[str, Points]:
    """Read the five points of images.

    Parameters
    ----------
    path : a CSV with a path below the set's folder and ten numbers a line: x and y of the left
        eye as one sees it, the right eye, the nose and the corners of the mouth, left and right, in
        pixels; a first line without numbers names the columns

    Returns
    -------
    float64 [5, 2] by the image's path

    Raises
    ------
    DatasetError
        naming the file and the line.
    """
    found: dict[str, Points] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for row in reader:
                if not any(field.strip() for field in row):
                    continue
                numbers = [_number(field) for field in row[1:]]
                if reader.line_num == 1 and len(row) == 11 and all(map(math.isnan, numbers)):
                    continue
                where = f"{path}: line {reader.line_num}"
                name = plain_name(row[0])
                if name is None:
                    raise DatasetError(
                        f"{where}: {row[0]!r} is no path below the card's folder; give it relative "
                        "to that folder."
                    )
                if len(numbers) != 10 or not all(map(math.isfinite, numbers)):
                    raise DatasetError(
                        f"{where} must have a path and ten numbers, x and y of five points; "
                        "correct it."
                    )
                if name in found:
                    raise DatasetError(f"{where} names {name!r} again; keep one line of it.")
                points = np.array(numbers).reshape(5, 2)
                if (points == points[0]).all():
                    raise DatasetError(f"{where}: the five points of {name!r} are one; correct it.")
                found[name] = points
    except OSError as error:
        raise DatasetError(
            f"{path}: the landmarks cannot be read ({error.strerror}); correct align.landmarks."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}: is no CSV in UTF-8 ({error}); correct it.") from error
    if not found:
        raise DatasetError(f"{path}: has no landmarks; give a line for each image.")
    return found


def _number(field: str) -> float:
    try:
        return float(field)
    except ValueError:
        return math.nan
