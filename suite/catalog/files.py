"""Files: the user's cache, hashes, whole writes, and paths that stay below a folder."""

import errno
import hashlib
import io
import os
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from platformdirs import user_cache_path

from suite.catalog.errors import SuiteError, refused
from suite.catalog.fresh import create, fresh_beside, sweep

# More digits are no count of bytes, and Python reads no integer of thousands.
COUNT_OF_BYTES = r"[0-9]{1,18}"
# Nothing can be there, whatever the system lets a user see.
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL)


def user_cache() -> Path:
    """The suite's folder in the user's cache.

    Raises
    ------
    SuiteError
        where the user has no home, as under a container's bare user id.
    """
    try:
        return user_cache_path("face-quant-gate")
    except RuntimeError:
        raise SuiteError(
            "this user has no home folder for the suite's cache: set HOME or XDG_CACHE_HOME to a "
            "folder that can be written."
        ) from None


def is_there(path: Path) -> bool:
    """Whether a file or folder is there.

    Raises
    ------
    SuiteError
        where the system does not let this user know. Python's own answer to that differs from
        version to version, between an error and no.
    """
    return _status(path) is not None


def is_file(path: Path) -> bool:
    """Whether a file is there; otherwise as `is_there`."""
    status = _status(path)
    return status is not None and stat.S_ISREG(status.st_mode)


def is_folder(path: Path) -> bool:
    """Whether a folder is there; otherwise as `is_there`."""
    status = _status(path)
    return status is not None and stat.S_ISDIR(status.st_mode)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except ValueError:  # a name that no file can have
        return None
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise refused(error) from None


def names_in(folder: Path) -> list[str]:
    """What a folder holds, sorted; nothing where it is not there.

    Raises
    ------
    SuiteError
        where this user may not read it, which a glob passes over in silence.
    """
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError as error:
        if error.errno in _ABSENT:
            return []
        raise refused(error) from None


def open_file(path: Path) -> io.BufferedReader:
    """A file, open to be read: no pipe or device, which may never open, or never end.

    Raises
    ------
    SuiteError
        where it is one.
    OSError
        where the system does not open it, or it is a folder.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise SuiteError(where=path, what="is a pipe or a device, and no file; name a file.")


def read_file(path: Path, most_bytes: int) -> bytes:
    """The content of a file that is no larger than its kind ever is; otherwise as `open_file`.

    Raises
    ------
    SuiteError
        where it is larger, too.
    """
    with open_file(path) as stream:
        # Python reserves what is asked for: of a file of holes nothing is read, of others what they
        # have, and only of one that has more than it says what it might have.
        size_bytes = os.fstat(stream.fileno()).st_size
        content = b"" if size_bytes > most_bytes else stream.read(size_bytes + 1)
        if len(content) > size_bytes:
            content += stream.read(most_bytes)
    if max(size_bytes, len(content)) > most_bytes:
        size = f"{most_bytes >> 20} MiB" if most_bytes >> 20 else f"{most_bytes >> 10} KiB"
        raise SuiteError(
            where=path, what=f"is larger than {size}, as no file of its kind is; name another."
        )
    return content


def sha256_of(path: Path) -> str:
    """A file's SHA-256 in hexadecimal; otherwise as `open_file`."""
    with open_file(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_whole(
    path: Path,
    content: bytes | str | Iterable[str],
    *,
    alone: bool = False,
    private: bool = False,
) -> None:
    """Write a file so that nobody ever reads half of it, text in UTF-8.

    Parameters
    ----------
    content : whole, or text part by part
    alone : a lock keeps other processes from writing it, so that what a killed one left is
        removed; otherwise the content of the last of several that write at once stays
    private : whether its owner alone may read it

    Raises
    ------
    OSError
        where it cannot be written; the file is then as it was.
    """
    parts = (content,) if isinstance(content, bytes | str) else content
    if alone:
        sweep(path)
    fresh = fresh_beside(path)
    try:
        with create(fresh, private=private) as stream:
            stream.writelines(part.encode() if isinstance(part, str) else part for part in parts)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def make_private(folder: Path) -> None:
    """Make a folder that its owner alone may read; one that is there keeps its mode.

    Raises
    ------
    OSError
        where it cannot be made.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def real_path(path: Path) -> Path:
    """Where a path leads, links followed; of links that lead to themselves as far as they lead.

    pathlib's own way raises another error of each Python over those.
    """
    return Path(os.path.realpath(path))


def lies_below(folder: Path, place: Path) -> bool:
    """Whether what is written at a place stays below a folder, wherever links lead."""
    return real_path(place.parent).is_relative_to(real_path(folder))


def refuse_link_away(folder: Path, place: Path, kind: type[SuiteError]) -> None:
    """Refuse to keep a file below a folder where a link leads out of it.

    Raises
    ------
    SuiteError
        of that kind, where it does.
    """
    if not lies_below(folder, place):
        raise kind(
            where=place.parent, what="is a link to elsewhere, where nothing is kept; remove it."
        )


def leads_outside(given: str) -> bool:
    """Whether a path, with slashes of either kind, leaves the folder that it is relative to.

    >>> leads_outside("ann/../../x"), leads_outside("C:\\\\x"), leads_outside("/x")
    (True, True, True)
    >>> leads_outside("ann/x")
    False
    """
    path = PurePosixPath(given.replace("\\", "/"))
    drive = ":" in (path.parts or ("",))[0]
    return path.is_absolute() or drive or ".." in path.parts
