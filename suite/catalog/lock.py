"""Locks between processes: a file beside what it guards, there for as long as somebody holds it."""

import errno
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from suite.catalog.fresh import NO_LINK

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_POLL_SECONDS = 0.05


class Lock:
    """A lock on what a file's folder holds, for processes and threads.

    The system frees it when its holder dies; the file that then stays is taken over by the next.

    Raises
    ------
    OSError
        where the file cannot be made, or its file system has no locks.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Wait until it is taken."""
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Free it."""
        self.release()

    def acquire(self, *, wait: bool = True) -> bool:
        """Take it, and whether that was possible: always, where there is waiting."""
        while True:
            descriptor = self._open()
            try:
                if not _take(descriptor, wait=wait):
                    return False
                if self._guards(descriptor):
                    self._descriptor = descriptor
                    return True
            finally:
                if self._descriptor != descriptor:
                    os.close(descriptor)

    def release(self) -> None:
        """Free it, its file removed; nothing where it is not held."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        if not self._guards(descriptor):  # somebody removed it, and what is there is another's
            os.close(descriptor)
            return
        if sys.platform == "win32":  # where no open file can be removed
            os.close(descriptor)
            self._remove()
        else:  # removed while it is held: whoever waits for it sees that, and makes another
            self._remove()
            os.close(descriptor)

    def _open(self) -> int:
        while True:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            except FileExistsError:
                # It was there and vanished before mkdir could look at it; or it is no folder.
                if self._path.parent.exists() and not self._path.parent.is_dir():
                    raise
                for folder in self._path.parents:
                    if folder.is_symlink() and not folder.exists():
                        words = "it is a link to nothing"
                        raise FileNotFoundError(errno.ENOENT, words, str(folder)) from None
                continue
            with suppress(FileNotFoundError):  # another process removed the folder meanwhile
                return os.open(self._path, os.O_RDWR | os.O_CREAT | NO_LINK, 0o666)

    def _guards(self, descriptor: int) -> bool:
        """Whether the file is still there under its name: its last holder may have removed it."""
        with suppress(FileNotFoundError, NotADirectoryError):
            return os.path.samestat(os.fstat(descriptor), self._path.stat())
        return False

    def _remove(self) -> None:
        with suppress(OSError):
            self._path.unlink()


if sys.platform == "win32":

    def _take(descriptor: int, *, wait: bool) -> bool:
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                return True
            except PermissionError:
                if not wait:
                    return False
                time.sleep(_POLL_SECONDS)

else:

    def _take(descriptor: int, *, wait: bool) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True
