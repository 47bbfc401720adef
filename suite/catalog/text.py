"""Text files that people write: read alike, whatever editor and system they come from."""

import unicodedata
from pathlib import Path

from suite.catalog.files import is_there


def read_text(path: Path) -> str:
    """A text file in UTF-8, without byte-order marks and with composed letters (NFC).

    The same name may be written with a composed or a decomposed letter; macOS's files have the
    latter. Files that were joined have a mark in the middle too.

    Raises
    ------
    OSError, UnicodeDecodeError
        where it cannot be read, or is no such text.
    """
    return composed(path.read_text(encoding="utf-8").replace("\ufeff", ""))


def composed(text: str) -> str:
    """Text whose accents are one with their letters (Unicode's NFC), so that equal names are equal.

    >>> composed("Jose\\u0301") == "Jos\\xe9"
    True
    """
    return unicodedata.normalize("NFC", text)


def on_disk(path: Path) -> Path:
    """The path as given, or as it is there in another Unicode form; as given where it is not."""
    if is_there(path):
        return path
    for form in ("NFC", "NFD"):
        other = Path(unicodedata.normalize(form, str(path)))
        if is_there(other):
            return other
    return path
