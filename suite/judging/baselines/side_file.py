"""What a section keeps of each image, in a file beside the baseline: its JSON stays readable.

``<mode>@<dataset>.<hash>.angles``, named by its content, so that a baseline is wholly old or wholly
new whatever happens: a new file is written, then the section that names it, then what no section
names is removed.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from suite.catalog.errors import BaselineError, refused
from suite.catalog.files import names_in, read_file, write_whole
from suite.catalog.gate import Section
from suite.catalog.json_file import LARGEST
from suite.judging.image_angles import ImageAngles

SUFFIX = ".angles"
# No id has it.
_AT = "@"


def side_file(path: Path, section: str, sha256: str) -> Path:
    """The file beside a baseline that holds what a section keeps of each image."""
    parsed = Section.parse(section)
    key = parsed.key if parsed else ""
    return path.with_name(f"{_mode(path)}{_AT}{key}.{sha256[:12]}{SUFFIX}")


def write_side_file(path: Path, section: str, sha256: str, data: bytes) -> None:
    """Write it, before the section that names it.

    Raises
    ------
    OSError
        where it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(side_file(path, section, sha256), data, alone=True)


def read_side_file(path: Path, section: str, kept: ImageAngles) -> ImageAngles:
    """What a section keeps of each image, with its angles.

    Raises
    ------
    BaselineError
        where the file is missing or not what was accepted.
    """
    file = side_file(path, section, kept.sha256)
    try:
        data = read_file(file, LARGEST)
    except FileNotFoundError:
        raise _lost(file, path, "is missing") from None
    except OSError as error:
        raise refused(error) from None
    if not kept.is_of(data):
        raise _lost(file, path, f"is not the {kept.images:,} angles that were accepted")
    return kept.with_data(data)


def remove_unnamed(path: Path, sections: Mapping[str, Any]) -> None:
    """Remove the side files of a baseline that none of its sections names."""
    for name in unnamed(path, sections):
        with suppress(OSError):  # what stays is found by `orphans`
            path.with_name(name).unlink()


def unnamed(path: Path, sections: Mapping[str, Any]) -> list[str]:
    """The names of side files of a baseline that none of its sections names."""
    known = set(_named(path, sections))
    beginning = f"{_mode(path)}{_AT}"
    names = [n for n in names_in(path.parent) if n.startswith(beginning) and n.endswith(SUFFIX)]
    return [name for name in names if name not in known]


def baselines_with_side_files(folder: Path) -> Iterator[Path]:
    """The baselines in a model's folder that have side files, whether they are there or not."""
    names = [name for name in names_in(folder) if name.endswith(SUFFIX) and _AT in name]
    for mode in dict.fromkeys(name.partition(_AT)[0] for name in names):
        yield folder / f"{mode}.json"


def _named(path: Path, sections: Mapping[str, Any]) -> Iterator[str]:
    for section, data in sections.items():
        kept = data.get("angles") if isinstance(data, Mapping) else None
        if isinstance(kept, Mapping) and isinstance(kept.get("sha256"), str):
            yield side_file(path, section, kept["sha256"]).name


def _mode(path: Path) -> str:
    return path.name.removesuffix(".json")


def _lost(file: Path, path: Path, why: str) -> BaselineError:
    return BaselineError(
        where=file,
        what=f"{why}; restore it from version control together with {path.name}, or delete that "
        "and accept anew with --snapshot-update.",
    )
