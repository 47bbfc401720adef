"""A ZIP archive's member taken out, without trust in what the archive says."""

import lzma
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from suite.catalog.errors import ModelError
from suite.catalog.files import leads_outside

# No recogniser is as large; an archive that says so is a bomb.
_LARGEST = 4 << 30


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
    """
    with _opened(archive, origin) as opened:
        for name in opened.namelist():
            if leads_outside(name):
                raise ModelError(
                    where=origin,
                    what=f"has a member outside its folder ({name!r}); it is not what it should "
                    "be: nothing was taken out.",
                )
        if member not in opened.namelist():
            held = ", ".join(opened.namelist()[:10])
            raise ModelError(where=origin, what=f"holds no {member!r} (it holds {held}).")
        if opened.getinfo(member).file_size > _LARGEST:
            raise ModelError(
                where=origin,
                what=f"{member!r} would be larger than {_LARGEST >> 30} GiB; it is not what it "
                "should be: nothing was taken out.",
            )
        with opened.open(member) as packed, target.open("wb") as stream:
            shutil.copyfileobj(packed, stream, 1 << 20)


@contextmanager
def _opened(archive: Path, origin: object) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError) as error:
        raise ModelError(
            where=origin, what=f"is no readable ZIP archive ({error}); nothing was kept."
        ) from None
