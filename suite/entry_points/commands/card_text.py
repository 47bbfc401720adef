"""What drafted cards are written of: strings, and paths that hold on another machine."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from suite.catalog.errors import STEERING, CatalogError
from suite.catalog.files import is_folder

_UNSURE = (
    "# The path is relative to the folder where this was drafted; make it relative to the",
    "# card's folder, or draft with --output, which does.",
)


@dataclass(frozen=True)
class CardPlace:
    """Where a drafted card will lie.

    Attributes
    ----------
    folder : its folder, which its paths are relative to; None where it is not known, and the
        current folder is taken
    kind : what a catalog calls that folder
    """

    folder: Path | None
    kind: Literal["models", "datasets"]

    def path_of(self, path: Path, outermost: Path | None = None) -> str:
        """A file's or folder's path from the card; outside the catalog, from another folder.

        That one holds ``outermost``, which is the path itself, or of several that one card names
        the one that lies outermost, so that a single folder holds all that the card names.

        Raises
        ------
        CatalogError
            where no card can hold it.
        """
        relative = Path(os.path.relpath(path, self.folder or Path())).as_posix()
        if self._is_outside(path):
            root = _absolute(outermost or path).parent
            relative = _absolute(path).relative_to(root).as_posix()
        if any("\ud800" <= letter <= "\udfff" for letter in relative):
            raise CatalogError(f"{relative!a}: this path is not text in UTF-8; rename it.")
        return relative

    def said_of(self, path: Path) -> tuple[str, ...]:
        """The comment on a path that another machine may not have, a line each."""
        if self._is_outside(path):
            option = "--weights-dir" if self.kind == "models" else "--data-dir"
            what = "folder" if is_folder(path) else "file"
            return (
                f"# The {what} lies outside the catalog: give its folder with {option}, or put it",
                "# beside this card.",
            )
        return _UNSURE if self.folder is None else ()

    def _is_outside(self, path: Path) -> bool:
        """Whether a file lies outside the catalog, the folder above the card's.

        No other machine has what is there by a path that climbs out of the catalog.
        """
        # As they are named: what a link leads to, as in a Hugging Face cache, is not beside it.
        folder = _absolute(self.folder or Path())
        catalog = folder.parent if folder.name == self.kind else folder
        return not _absolute(path).is_relative_to(catalog)


def _absolute(path: Path) -> Path:
    return Path(os.path.normpath(path.absolute()))


def id_from(path: Path, otherwise: str) -> str:
    """An id that a card may have, made of a file's name."""
    return re.sub(r"[^a-z0-9_.-]+", "-", path.stem.lower()).strip("-._") or otherwise


def quoted(words: str) -> str:
    """A TOML basic string: JSON's escapes are its own; what steers a terminal is escaped too."""
    written = json.dumps(words, ensure_ascii=False)
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def plain(words: str) -> str:
    """The words for a comment, which must stay on its line."""
    return quoted(words)[1:-1]
