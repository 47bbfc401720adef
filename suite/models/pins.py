"""Hashes of files whose publisher gives none, kept from the first time that they were trusted."""

import json
from pathlib import Path

from pydantic import TypeAdapter

from suite.catalog.errors import ModelError
from suite.catalog.files import is_there, write_whole
from suite.catalog.json_file import UnreadableError, read_as, read_json
from suite.catalog.lock import Lock
from suite.catalog.table import Sha256

PINS = "pins.json"
_PINNED = TypeAdapter(dict[str, Sha256])


def pinned(path: Path) -> str | None:
    """The SHA-256 that a file was trusted with; None where it never was.

    Raises
    ------
    ModelError
        where the folder's pins cannot be read.
    """
    return _read(path.parent / PINS).get(path.name)


def pin(path: Path, sha256: str) -> None:
    """Trust a file with this hash from now on."""
    with Lock(path.parent / f".{PINS}.lock"):
        pins = _read(path.parent / PINS) | {path.name: sha256}
        text = json.dumps(dict(sorted(pins.items())), indent=2) + "\n"
        write_whole(path.parent / PINS, text, alone=True)


def _read(path: Path) -> dict[str, str]:
    if not is_there(path):
        return {}
    try:
        return read_as(_PINNED, read_json(path))
    except (OSError, UnreadableError) as error:
        raise ModelError(
            where=path,
            what=f"is not a readable list of pinned hashes: {error}; delete it and trust anew with "
            "face-quant-gate weights --get --trust-first-use.",
        ) from None
