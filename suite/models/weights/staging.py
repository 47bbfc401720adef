"""A model got beside its place, with the data files that it refers to, and put there whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from suite.catalog.errors import ModelError
from suite.catalog.files import lies_below, sha256_of
from suite.catalog.fresh import fresh_beside, remove, sweep
from suite.models.external_data import data_names, find_data
from suite.models.onnx_file import load_graph, read_onnx_file

Bring = Callable[[str, Path], None]
"""Writes a data file, by its name relative to the model, to a path."""
Refuse = Callable[[str], None]
"""Raises a ModelError where a data file must not be kept by its name relative to the model."""


def refuse_outside(folder: Path, place: Path) -> None:
    """Refuse to write a file where a link or ``..`` leads out of a folder.

    Raises
    ------
    ModelError
        where it does.
    """
    if not lies_below(folder, place):
        raise ModelError(
            where=place,
            what=f"lies outside {folder}, by a link or by '..', where nothing is written; name "
            "the folder that it leads to by --weights-dir.",
        )


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A file of the target's name in a folder of its own beside it, which is removed afterwards.

    The target's lock is held meanwhile.
    """
    sweep(target)
    folder = fresh_beside(target)
    folder.mkdir()
    try:
        yield folder / target.name
    finally:
        with suppress(OSError):
            remove(folder)


def complete(fresh: Path, bring: Bring, refuse: Refuse) -> str:
    """Bring the data files that a staged model refers to; its SHA-256, those files included.

    Of what is no ONNX model it is the file's own.

    Raises
    ------
    ModelError
        where one of the names is refused.
    """
    try:
        names = data_names(load_graph(fresh), fresh)
    except ModelError:
        return sha256_of(fresh)
    for name in names:
        refuse(name)
        place = fresh.parent / name
        place.parent.mkdir(parents=True, exist_ok=True)
        bring(name, place)
    return read_onnx_file(fresh).sha256


def put(fresh: Path, target: Path) -> None:
    """Move a staged model to its place, its data files first.

    Raises
    ------
    ModelError
        where another file of a data file's name is there already, or its folder is a link.
    """
    found = find_data(load_graph(fresh), fresh)
    for data in found:
        place = target.parent / data.name
        refuse_outside(target.parent, place)
        if place.exists() and sha256_of(place) != sha256_of(data.path):
            raise ModelError(
                where=place,
                what=f"another model's data is there under the name that {target.name} gives its "
                "own; get it into a folder of its own by --weights-dir.",
            )
    for data in found:
        place = target.parent / data.name
        place.parent.mkdir(parents=True, exist_ok=True)
        data.path.replace(place)
    fresh.replace(target)
