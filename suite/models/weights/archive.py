"""A ZIP archive's member taken out, without trust in what the archive says."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from suite.catalog.errors import ModelError, reason_of, shortened
from suite.catalog.files import leads_outside, open_file
from suite.catalog.zipped import largest_unpacked

# No recogniser is as large; an archive that says so is a bomb.
_LARGEST = 4 << 30
_CHUNK = 1 << 20
# Of an archive's members so many are named.
_NAMED = 10


def extract(archive: Path, member: str, target: Path, origin: object) -> None:
    """Write a member of a ZIP archive to a file.

    Parameters
    ----------
    archive : the ZIP file
    member : the member's name in it
    target : the file to write; where this raises, what it holds is not to be used
    origin : what messages call the archive, as the address that it came from

    Raises
    ------
    ModelError
        where it is no readable archive, holds no such member or an enormous one, or has any member
        that leads outside its folder.
    OSError
        where the file cannot be written.
    """
    with _opened(archive, origin) as opened:
        chunks = _chunks(opened, _member(opened, member, origin), origin)
        with target.open("wb") as stream:
            stream.writelines(chunks)


def _member(opened: zipfile.ZipFile, member: str, origin: object) -> zipfile.ZipInfo:
    names = opened.namelist()
    for name in names:
        if leads_outside(name):
            raise ModelError(
                where=origin,
                what=f"has a member outside its folder ({shortened(name)!r}); it is not what it "
                "should be: nothing was taken out.",
            )
    packed = opened.fp.seek(0, 2) if opened.fp else 0
    found = next((info for info in opened.infolist() if _is_called(info, member)), None)
    if found is None:
        held = ", ".join(repr(shortened(name)) for name in names[:_NAMED])
        raise ModelError(where=origin, what=f"holds no {member!r} (it holds {held or 'nothing'}).")
    most = min(_LARGEST, largest_unpacked(min(found.compress_size, packed)))
    if found.file_size > most:
        raise ModelError(
            where=origin,
            what=f"{member!r} would be {found.file_size:,} bytes of {found.compress_size:,} packed "
            "ones; it is not what it should be: nothing was taken out.",
        )
    return found


def _is_called(info: zipfile.ZipInfo, member: str) -> bool:
    """Whether a member has a name, which some programs on Windows write in no UTF-8.

    What is not marked as UTF-8 is read as code page 437, whatever it was written in.
    """
    if info.filename == member:
        return True
    try:
        written = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return False
    return any(_is_spelt(written, member, coding) for coding in ("utf-8", "cp1252", "cp1251"))


def _is_spelt(written: bytes, member: str, coding: str) -> bool:
    try:
        return member.encode(coding) == written.replace(b"\\", b"/")
    except UnicodeEncodeError:
        return False


@contextmanager
def _opened(archive: Path, origin: object) -> Iterator[zipfile.ZipFile]:
    with open_file(archive) as stream:
        try:
            opened = zipfile.ZipFile(stream)
        except Exception as error:  # zipfile meets damage in as many ways as there are fields
            raise _unreadable(origin, error) from None
        with opened:
            yield opened


def _chunks(opened: zipfile.ZipFile, member: zipfile.ZipInfo, origin: object) -> Iterator[bytes]:
    """A member's content; what is wrong with it is the archive's fault, and not that of a disk."""
    try:
        with opened.open(member) as packed:
            while chunk := packed.read(_CHUNK):
                yield chunk
            complete = packed.tell() == member.file_size
    except Exception as error:
        raise _unreadable(origin, error) from None
    if not complete:
        raise _unreadable(origin, EOFError("it ends too early"))


def _unreadable(origin: object, error: Exception) -> ModelError:
    return ModelError(
        where=origin,
        what=f"is no readable ZIP archive ({shortened(reason_of(error))}); nothing was kept.",
    )
