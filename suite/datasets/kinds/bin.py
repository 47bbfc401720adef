"""InsightFace's ``.bin``: a pickle of encoded images and of which pairs are genuine.

The file comes from elsewhere, so it is read by `suite.datasets.kinds.bin_pickle`, which runs
nothing of what a pickle may ask for.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeGuard

import numpy as np
import numpy.typing as npt

from suite.catalog.dataset_card import BinDataset
from suite.catalog.errors import DatasetError
from suite.catalog.files import is_file, sha256_of
from suite.catalog.text import read_text
from suite.datasets.card_hash import compare_hash
from suite.datasets.face import Face, FilePart
from suite.datasets.face_set import FaceSet, PairList, face_set
from suite.datasets.images.findings import Finding, in_words, look
from suite.datasets.kinds.bin_pickle import unpickle
from suite.datasets.kinds.pickled_array import PickledArray
from suite.datasets.list_fields import refuse_odd_fields
from suite.datasets.reading import Reading

_MOST_BITS = 64


def read_bin(path: Path) -> tuple[list[bytes | FilePart], npt.NDArray[np.bool_]]:
    """Read an InsightFace ``.bin``, pickled by Python 2 or 3.

    Parameters
    ----------
    path : the file; it holds ``(bins, issame)``: two encoded images a pair (bytes, or
        one-dimensional uint8 arrays), and a bool, a numpy bool or 0 and 1, whole or not, for each
        pair

    Returns
    -------
    images : bytes of each encoded image or where they lie in the file, 2n of them; pair i is
        images 2i and 2i + 1
    genuine : bool [n], whether both images of a pair show one person

    Raises
    ------
    DatasetError
        where the file cannot be read, asks for anything but lists, bytes, bools and numpy
        arrays, is cut short, or does not hold two non-empty images for each pair.
    """
    content = unpickle(path)
    if not isinstance(content, list | tuple) or len(content) != 2:
        raise DatasetError(
            where=path,
            what=f"holds a {type(content).__name__} where InsightFace's format has two lists, "
            "the images and issame; make it with InsightFace's lfw2pack.py.",
        )
    images = _images(path, content[0])
    genuine = _genuine(path, content[1])
    if not len(genuine):
        raise DatasetError(where=path, what="holds no pair; give a file with at least one.")
    if len(images) != 2 * len(genuine):
        raise DatasetError(
            where=path,
            what=f"has {len(images)} images for {len(genuine)} pairs, and needs two a pair; "
            "make the file again.",
        )
    return images, genuine


def _images(path: Path, bins: object) -> list[bytes | FilePart]:
    if not isinstance(bins, list | tuple):
        raise DatasetError(
            where=path,
            what=f"its first part is a {type(bins).__name__}, and must be a list of encoded "
            "images; make the file again.",
        )
    return [_image(f"{path}: {path.name}[{index}]", item) for index, item in enumerate(bins)]


def _image(where: str, item: object) -> bytes | FilePart:
    if isinstance(item, PickledArray):
        if item.dtype != np.uint8 or len(item.shape) != 1:
            raise DatasetError(
                f"{where} is a {item.dtype} array of shape {item.shape}, and must be the bytes "
                "of an encoded image; store the JPEG or PNG file itself."
            )
        item = item.raw
    if not isinstance(item, bytes | FilePart):
        raise DatasetError(
            f"{where} is a {type(item).__name__}, and must be the bytes of an encoded image; "
            "store the JPEG or PNG file itself."
        )
    if not item:
        raise DatasetError(f"{where} is empty; put its image there and make the file again.")
    return item


def _genuine(path: Path, issame: object) -> npt.NDArray[np.bool_]:
    if isinstance(issame, PickledArray):
        array = issame.values()
        issame = array.ravel().tolist() if max(array.shape, default=0) == array.size else None
    if not isinstance(issame, list | tuple):
        raise DatasetError(
            where=path,
            what="its second part, issame, must be a list or an array with one dimension, with "
            "True or False for each pair; make the file again.",
        )
    for index, item in enumerate(issame):
        if not _is_flag(item):
            raise DatasetError(
                where=path,
                what=f"issame[{index}] is {_shown(item)}, and must be True or False (1 or 0); "
                "correct it and make the file again.",
            )
    return np.array(issame, dtype=np.bool_)


def _is_flag(item: object) -> TypeGuard[bool | int | float]:
    return isinstance(item, int | float) and item in (0, 1)


def _shown(item: object) -> str:
    if isinstance(item, bytes):
        item = item.decode("latin-1")
    if isinstance(item, str):
        return f"the text {item[:20]!r}"
    if isinstance(item, FilePart):
        return f"{len(item):,} bytes"
    if isinstance(item, int) and item.bit_length() > _MOST_BITS:  # Python writes no such number
        return "an enormous number"
    return str(item)[:20] if isinstance(item, int | float) else f"a {type(item).__name__}"


def face_set_of(card: BinDataset, reading: Reading) -> FaceSet:
    """The set of a ``.bin``."""
    path = reading.locate(card.file)
    if card.sha256 and is_file(path):
        compare_hash(card, path, sha256_of(path))
    images, genuine = read_bin(path)
    faces, remarks = _faces(path, images, allow_damage=card.damaged == "count")
    first = np.arange(0, len(images), 2)
    people = None
    if card.identities:
        people = read_identities(reading.locate(card.identities), path, len(images))
    pairs = PairList(first, first + 1, genuine, card.folds)
    return face_set(card.id, faces, pairs, people, remarks)


def _faces(
    path: Path, images: Sequence[bytes | FilePart], *, allow_damage: bool
) -> tuple[list[Face], list[str]]:
    """The faces in their order, and what is said of them.

    What lies at one place is read once, however often it is named.
    """
    known: dict[bytes | FilePart, tuple[Face, tuple[Finding, ...]]] = {}
    names = [f"{path.name}[{index}]" for index in range(len(images))]
    for name, image in zip(names, images, strict=True):
        if image not in known:
            known[image] = _face(name, image, allow_damage)
    faces = [replace(known[image][0], name=name) for name, image in zip(names, images, strict=True)]
    return faces, in_words(names, [known[image][1] for image in images])


def _face(
    name: str, image: bytes | FilePart, allow_damage: bool
) -> tuple[Face, tuple[Finding, ...]]:
    data = image.read() if isinstance(image, FilePart) else image
    looked = look(data, allow_damage=allow_damage)
    source = looked.data if looked.is_another else image
    return Face(name, hashlib.sha256(data).hexdigest(), source), looked.findings


def read_identities(path: Path, images_file: Path, images: int) -> list[str]:
    """Who each of so many images of a ``.bin`` shows.

    Raises
    ------
    DatasetError
        where the file is no text, or has other than one line for each image.
    """
    try:
        people = [line.strip() for line in read_text(path).rstrip().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            where=path,
            what=f"these identities cannot be read ({error}); give a text file with a line for "
            f"each image of {images_file.name}.",
        ) from None
    if len(people) != images:
        raise DatasetError(
            where=path,
            what=f"has {len(people):,} lines for the {images:,} images of {images_file.name}; "
            "give one line for each image, in their order.",
        )
    for line, person in enumerate(people, 1):
        if not person:
            raise DatasetError(where=path, what=f"line {line} is empty; name who the image shows.")
        refuse_odd_fields(path, line, [person])
    return people
