"""Fields of a list that are no path, name or number, whatever they say."""

import re
from collections.abc import Iterable
from pathlib import Path

from suite.catalog.errors import DatasetError

_LONGEST, _SHOWN = 1024, 40
# As a file's place that was never written has; no tab and no end of a line, which a name may have
# in quotes.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def refuse_odd_fields(path: Path, line: int, fields: Iterable[str]) -> None:
    """Refuse a line of which a field is longer than any path, or has control characters.

    Raises
    ------
    DatasetError
        naming the file, the line and how the field begins.
    """
    for field in fields:
        if len(field) > _LONGEST:
            problem = f"a field of {len(field):,} characters"
        elif _CONTROL.search(field):
            problem = "a field with control characters"
        else:
            continue
        raise DatasetError(
            where=path,
            what=f"line {line} has {problem} that begins with {field[:_SHOWN]!r}, and no path or "
            "name has that; correct it.",
        )
