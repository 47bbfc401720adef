"""Image files below a folder: finding them, and naming them so that none is outside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from suite.errors import DatasetError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".pgm", ".ppm", ".webp")


@dataclass(frozen=True)
class NamedImage:
    """An image file, and what messages call it: its path below the set's folder."""

    name: str
    path: Path


def images_below(folder: Path) -> Iterator[NamedImage]:
    """Every image below a folder, in the order of their paths; hidden files are not images."""
    for path in sorted(folder.rglob("*"), key=lambda found: found.relative_to(folder).parts):
        hidden = path.name.startswith(".")  # as macOS's «._face.jpg»
        if path.suffix.lower() in IMAGE_SUFFIXES and not hidden and path.is_file():
            yield NamedImage(path.relative_to(folder).as_posix(), path)


def plain_name(given: str) -> str | None:
    """A path below a folder, with slashes and no detours, or None where it leads out of it.

    >>> plain_name("ann\\\\./1.jpg"), plain_name("../1.jpg"), plain_name("/etc/passwd")
    ('ann/1.jpg', None, None)
    """
    name = PurePosixPath(given.strip().replace("\\", "/"))
    drive = ":" in (name.parts or ("",))[0]
    outside = name.is_absolute() or drive or ".." in name.parts or not name.parts
    return None if outside else name.as_posix()


def need_folder(folder: Path) -> None:
    """Refuse a folder that is not there.

    Raises
    ------
    DatasetError
        naming it.
    """
    if not folder.is_dir():
        raise DatasetError(
            f"{folder}: no such folder; put the images there, or give --data-dir the folder that "
            "has them."
        )
