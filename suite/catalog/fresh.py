"""Files and folders made beside their place, under names that nobody can foresee."""

import hashlib
import os
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

# A link in a file's place is refused, where the system can.
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
BINARY = getattr(os, "O_BINARY", 0)
_TOKEN = re.compile(r"[0-9a-f]{16}\.tmp")
# A system takes names of 255 bytes.
_LONGEST = 200


def fresh_beside(path: Path) -> Path:
    """A hidden name in a path's folder that is new each time, for what is then moved to the path.

    A name that can be foreseen lets others put a link there, which writing would follow.
    """
    return path.with_name(f"{_beginning(path)}{secrets.token_hex(8)}.tmp")


def create(path: Path, *, private: bool = False) -> BinaryIO:
    """A file that was not there, open for writing; no link is followed.

    Parameters
    ----------
    private : whether its owner alone may read it

    Raises
    ------
    OSError
        where anything is there, or it cannot be made.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK | BINARY
    return os.fdopen(os.open(path, flags, 0o600 if private else 0o666), "wb")


def append_to(path: Path) -> BinaryIO:
    """A file, made where it is not there, open for what is added to its end.

    Raises
    ------
    OSError
        where a link is in its place, or it cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | NO_LINK | BINARY
    return os.fdopen(os.open(path, flags, 0o666), "ab")


def sweep(path: Path) -> None:
    """Remove what processes that were killed left beside a path, whose lock its caller holds."""
    beginning = _beginning(path)
    with suppress(OSError):
        for left in list(path.parent.iterdir()):
            if left.name.startswith(beginning) and _TOKEN.fullmatch(left.name, len(beginning)):
                with suppress(OSError):
                    remove(left)


def remove(path: Path) -> None:
    """Remove a file, a link, or a folder with all that is in it; nothing where nothing is there.

    Raises
    ------
    OSError
        where it cannot be removed.
    """
    with suppress(FileNotFoundError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _beginning(path: Path) -> str:
    name = path.name
    if len(os.fsencode(name)) > _LONGEST:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()
    return f".{name}."
