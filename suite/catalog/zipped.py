"""A ZIP archive's members held against their checksums, at no more cost than the archive's size."""

import zipfile
from pathlib import Path

from suite.catalog.errors import reason_of, shortened
from suite.catalog.files import open_file

# Weights hardly shrink; zeros do, which a file of the size of the second may hold throughout.
MOST_TIMES, LEAST_BYTES = 20, 64 << 20


def largest_unpacked(packed: int) -> int:
    """The most bytes that what so many packed bytes hold may be, for it to be weights.

    >>> largest_unpacked(0) == 64 * 2**20
    True
    """
    return packed * MOST_TIMES + LEAST_BYTES


def damage_in(path: Path) -> str | None:
    """What is damaged in a ZIP archive, in words; None where nothing is, and of what is none.

    Raises
    ------
    SuiteError, OSError
        as `open_file`.
    """
    with open_file(path) as stream:
        if not zipfile.is_zipfile(stream):
            return None
        try:
            with zipfile.ZipFile(stream) as archive:
                return _damage(archive, path.stat().st_size)
        except Exception as error:  # zipfile meets damage in as many ways as there are fields
            return f"damaged: {shortened(reason_of(error))}"


def _damage(archive: zipfile.ZipFile, size: int) -> str | None:
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > largest_unpacked(size):
        return f"its {size:,} bytes would be {unpacked:,} unpacked"
    damaged = archive.testzip()
    # The name of a member may be empty.
    return None if damaged is None else f"damaged at {shortened(damaged)!r}"
