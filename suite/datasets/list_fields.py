"""Fields of a list that are longer than any path or name."""

from collections.abc import Iterable
from pathlib import Path

from suite.catalog.errors import DatasetError

_LONGEST, _SHOWN = 1024, 40


def refuse_long_fields(path: Path, line: int, fields: Iterable[str]) -> None:
    """Refuse a line of which a field is no path, name or number for its length.

    Raises
    ------
    DatasetError
        naming the file, the line and how the field begins.
    """
    for field in fields:
        if len(field) > _LONGEST:
            raise DatasetError(
                where=path,
                what=f"line {line} has a field of {len(field):,} characters that begins with "
                f"{field[:_SHOWN]!r}, and no path or name is so long; correct it.",
            )
