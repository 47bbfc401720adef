"""Aligned faces on disk: each made once, whoever asks for it."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2

from suite.catalog.errors import DatasetError, SuiteError, writing
from suite.catalog.files import make_private, read_file, refuse_link_away, write_whole
from suite.catalog.json_file import json_sha256
from suite.datasets.alignment.geometry import Image

# Raised when aligning changes, so that faces of the old way are not taken for the new.
_FORMAT = 1
# Faces are of 1024 × 1024 pixels at most.
_LARGEST = 16 << 20


def key_of(image_sha256: str, ingredients: Mapping[str, object]) -> str:
    """What an aligned face is known by: SHA-256 of its image's hash and how it is aligned.

    Not of the pixels: OpenCV's rounding differs between machines, and a set is the same on all.
    """
    described = {"format": _FORMAT, "image": image_sha256, **ingredients}
    return json_sha256(described)


class AlignedCache:
    """A folder of aligned faces: ``<key>-<OpenCV's version>.png``, or ``.none`` for no face.

    They are biometric data: where the folder is made, its owner alone may read it.
    Each file ends in a digest of its key and of what is before, which a PNG's readers do not look
    at: an entry that is damaged, another face's, of another size or put there by hand is none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str, make: Callable[[], Image | None]) -> Path | None:
        """The PNG of a face, made now if it is not there whole; None where there is no face.

        Parameters
        ----------
        key : of `key_of`
        make : gives the aligned face, uint8 [h, w, 3] in the order BGR, or None

        Raises
        ------
        DatasetError
            where the folder cannot be written; what is there whole is read from a read-only one.
        """
        entry = self._folder / key[:2] / f"{key}-{cv2.__version__}.png"
        nothing = entry.with_suffix(".none")
        if _is_whole(entry, key):
            return entry
        if _is_whole(nothing, key):
            return None
        refuse_link_away(self._folder, entry, DatasetError)
        face = make()
        other = "give another folder with --artifact-cache"
        with writing(entry.parent, "cannot keep aligned faces", other, DatasetError):
            if not entry.parent.is_dir():
                make_private(self._folder)
                entry.parent.mkdir(exist_ok=True)
            content = b"" if face is None else cv2.imencode(".png", face)[1].tobytes()
            write_whole(nothing if face is None else entry, content + _digest(key, content))
        return None if face is None else entry


def _digest(key: str, content: bytes) -> bytes:
    return hashlib.sha256(key.encode() + content).digest()


def _is_whole(entry: Path, key: str) -> bool:
    try:
        data = read_file(entry, _LARGEST)
    except (OSError, SuiteError):
        return False
    size = hashlib.sha256().digest_size
    return data[-size:] == _digest(key, data[:-size])
