"""Image files below a folder: finding them, and naming them so that none is outside it."""

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from suite.catalog.errors import DatasetError, spelt_out
from suite.catalog.files import is_file, is_folder, leads_outside, names_in, open_file, real_path
from suite.catalog.text import composed
from suite.datasets.images.header import begins_like_an_image
from suite.datasets.images.tiff import STARTS as TIFF_STARTS

# Links to folders that one way may take; a few that lead to each other could multiply without end.
_MOST_LINKS = 4
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".pgm", ".ppm", ".pbm", ".webp")
# What cameras and editors write and no OpenCV is sure to read.
_PHOTOS = frozenset(
    {".heic", ".heif", ".avif", ".jxl", ".jp2", ".gif", ".tga", ".psd", ".svg", ".exr", ".hdr"}
    | {".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf"}
)
_TIFF_SUFFIXES = (".tif", ".tiff")
READ_SUFFIXES = (*IMAGE_SUFFIXES, *_TIFF_SUFFIXES)


@dataclass(frozen=True)
class NamedImage:
    """An image file, and what messages call it: its path below the set's folder."""

    name: str
    path: Path


def is_hidden_folder(name: str) -> bool:
    """Whether a folder is a system's own, as ``.Trash`` or ``@eaDir``."""
    return name.startswith((".", "@"))


def _is_hidden_file(name: str) -> bool:
    return name.startswith(".") or name.lower() == "thumbs.db"  # as macOS's ._face.jpg


def images_below(folder: Path) -> Iterator[NamedImage]:
    """Every image below a folder, in the order of their paths; what is hidden is no image."""
    for path in _files_below(folder):
        if _is_image(path):
            yield NamedImage(composed(spelt_out(path.relative_to(folder).as_posix())), path)


def _is_image(path: Path) -> bool:
    """Whether a file is taken for an image: by its suffix, else by how it begins."""
    suffix = path.suffix.lower()
    if not is_file(path) or suffix in READ_SUFFIXES:
        return is_file(path)
    with open_file(path) as stream:
        start = stream.read(64)
    return begins_like_an_image(start) or (not suffix and start.startswith(TIFF_STARTS))


def passed_over(folder: Path, known: Collection[Path] = ()) -> tuple[str, ...]:
    """What a report says of files below a folder that are not taken for images.

    Parameters
    ----------
    folder : the set's folder
    known : files that the card names otherwise, as a list of pairs

    Returns
    -------
    remarks with their number and the first: photos of formats that are not read, files of another
    suffix, and links to no file
    """
    named = {os.path.realpath(path) for path in known}
    others = [
        spelt_out(path.relative_to(folder).as_posix())
        for path in _files_below(folder)
        if not _is_image(path) and os.path.realpath(path) not in named
    ]
    photos = [name for name in others if Path(name).suffix.lower() in _PHOTOS]
    rest = [name for name in others if name not in set(photos)]
    return (
        *([_photos_in_words(photos)] if photos else []),
        *([_passed_over(rest)] if rest else []),
    )


def _photos_in_words(names: Sequence[str]) -> str:
    kinds = ", ".join(sorted({Path(name).suffix.lower() for name in names}))
    count = "1 photo" if len(names) == 1 else f"{len(names):,} photos"
    which = names[0] if len(names) == 1 else f"the first {names[0]}"
    return (
        f"{count} below its folder ({which}) left out: nothing here reads {kinds}; convert to JPEG "
        "or PNG"
    )


def _passed_over(names: Sequence[str]) -> str:
    if len(names) == 1:
        return (
            f"1 file below its folder ({names[0]}) has no image's suffix or is a link to no file: "
            "passed over"
        )
    return (
        f"{len(names):,} files below its folder (the first {names[0]}) have no image's suffix "
        "or are links to no file: passed over"
    )


def _files_below(folder: Path) -> list[Path]:
    found = _files_in(folder, (real_path(folder),), 0)
    return sorted(found, key=lambda path: path.relative_to(folder).parts)


def _files_in(folder: Path, above: tuple[Path, ...], links: int) -> Iterator[Path]:
    """The files below a folder, those in folders that links lead to included.

    Parameters
    ----------
    above : the folders that it lies in, itself included, as they really are
    links : how many links lead to it
    """
    for name in names_in(folder):
        path = folder / name
        if not is_folder(path):
            if not _is_hidden_file(name):
                yield path
        elif not is_hidden_folder(name):
            beyond = links + path.is_symlink()
            real = real_path(path)
            if beyond > _MOST_LINKS or real in above:
                raise DatasetError(
                    where=path,
                    what="is a link back to a folder that it lies in, or the "
                    f"{_MOST_LINKS + 1}th link on its way; remove the link.",
                )
            yield from _files_in(path, (*above, real), beyond)


def plain_name(given: str) -> str | None:
    """A path below a folder, with slashes and no detours, or None where it leads out of it.

    >>> plain_name("ann\\\\./1.jpg"), plain_name("../1.jpg"), plain_name("/etc/passwd")
    ('ann/1.jpg', None, None)
    """
    name = PurePosixPath(given.strip().replace("\\", "/"))
    outside = leads_outside(given.strip()) or not name.parts
    return None if outside else name.as_posix()


def need_folder(folder: Path) -> None:
    """Refuse a folder that is not there.

    Raises
    ------
    DatasetError
        naming it.
    """
    if not is_folder(folder):
        raise DatasetError(
            where=folder,
            what="no such folder; put the images there, or give --data-dir the folder that "
            "has them.",
        )
