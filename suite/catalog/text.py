"""Text files that people write: read alike, whatever editor and system they come from."""

import codecs
import unicodedata
from pathlib import Path

from suite.catalog.files import is_there, read_file

# Some three million pairs.
_LARGEST = 256 << 20


def read_text(path: Path) -> str:
    """A text file in UTF-8, without byte-order marks and with composed letters (NFC).

    The same name may be written with a composed or a decomposed letter; macOS's files have the
    latter. Files that were joined have a mark in the middle too. What begins with the mark of
    UTF-16, as Windows' editors save "Unicode", is read as that.

    Raises
    ------
    OSError, UnicodeDecodeError
        where it cannot be read, or is no such text.
    SuiteError
        where it is a pipe or a device, or larger than any list.
    """
    written = read_file(path, _LARGEST)
    utf_16 = written.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = written.decode("utf-16" if utf_16 else "utf-8").replace("\ufeff", "")
    return composed(with_plain_ends(text))


def with_plain_ends(text: str) -> str:
    """A text whose lines end as on Unix."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def composed(text: str) -> str:
    """Text whose accents are one with their letters (Unicode's NFC), so that equal names are equal.

    >>> composed("Jose\\u0301") == "Jos\\xe9"
    True
    """
    return unicodedata.normalize("NFC", text)


def on_disk(path: Path) -> Path:
    """The path as given, or as it is there in other Unicode forms; as given where it is not.

    Each folder and the file may have a form of its own.
    """
    if is_there(path):
        return path
    found = Path(path.anchor)
    for part in path.parts[len(found.parts) :]:
        forms = (part, *(unicodedata.normalize(form, part) for form in ("NFC", "NFD")))
        here = next((found / form for form in forms if is_there(found / form)), None)
        if here is None:
            return path
        found = here
    return found
