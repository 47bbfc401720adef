"""Distinct faces and the pairs made of them, known by their content."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from suite.errors import DatasetError


@dataclass(frozen=True)
class Face:
    """An encoded image of a face.

    Attributes
    ----------
    name : what messages call it, as ``orl.bin[17]`` or a path below the set's folder
    sha256 : SHA-256 of its encoded bytes, in hexadecimal
    source : its bytes, or the file that has them
    """

    name: str
    sha256: str
    source: bytes | Path = field(repr=False)

    @classmethod
    def held(cls, name: str, data: bytes) -> "Face":
        """A face whose bytes are held in memory."""
        return cls(name, hashlib.sha256(data).hexdigest(), data)

    @classmethod
    def in_file(cls, name: str, path: Path) -> "Face":
        """A face whose bytes are read from its file each time they are asked for.

        Raises
        ------
        DatasetError
            where the file cannot be read.
        """
        return cls(name, hashlib.sha256(_read(path)).hexdigest(), path)

    def read(self) -> bytes:
        """The encoded image.

        Raises
        ------
        DatasetError
            where its file cannot be read.
        """
        return self.source if isinstance(self.source, bytes) else _read(self.source)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(
            f"{path}: this image cannot be read ({error.strerror}); put it back."
        ) from error


@dataclass(frozen=True, eq=False)
class FaceSet:
    """Faces, each once however often it is used, and pairs of them.

    Attributes
    ----------
    id : the dataset's id
    faces : the images, distinct by content, in the order in which they first appear
    left, right : int64 [n], each pair's two faces as indices into ``faces``
    genuine : bool [n], whether a pair shows one person
    folds : contiguous folds that the pairs make; 0 where there are no pairs
    sha256 : hash of the faces' contents, the pairs and the folds, whatever the files' names
    """

    id: str
    faces: tuple[Face, ...]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    genuine: npt.NDArray[np.bool_]
    folds: int
    sha256: str


def face_set(
    dataset_id: str,
    faces: Sequence[Face],
    left: Sequence[int] | npt.NDArray[np.int64] = (),
    right: Sequence[int] | npt.NDArray[np.int64] = (),
    genuine: Sequence[bool] | npt.NDArray[np.bool_] = (),
    folds: int = 0,
) -> FaceSet:
    """Make a set of faces that may repeat, and pairs of them.

    Parameters
    ----------
    dataset_id : the set's id
    faces : the images; those of one content become one face
    left, right : int [n], each pair's two images as indices into ``faces`` as given
    genuine : bool [n], whether a pair shows one person
    folds : contiguous folds that the pairs make
    """
    places: dict[str, int] = {}
    distinct: list[Face] = []
    for face in faces:
        if face.sha256 not in places:
            places[face.sha256] = len(distinct)
            distinct.append(face)
    place_of = np.array([places[face.sha256] for face in faces], dtype=np.int64)
    lefts = place_of[np.asarray(left, dtype=np.int64)]
    rights = place_of[np.asarray(right, dtype=np.int64)]
    flags = np.array(genuine, dtype=np.bool_)
    for array in (lefts, rights, flags):
        array.setflags(write=False)
    digest = _content_hash(distinct, lefts, rights, flags, folds)
    return FaceSet(dataset_id, tuple(distinct), lefts, rights, flags, folds, digest)


def _content_hash(
    faces: Sequence[Face],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    genuine: npt.NDArray[np.bool_],
    folds: int,
) -> str:
    digest = hashlib.sha256(f"faces {len(faces)} pairs {len(genuine)} folds {folds}\n".encode())
    digest.update("".join(face.sha256 for face in faces).encode())
    for array in (left, right):
        digest.update(array.astype("<i8").tobytes())
    digest.update(genuine.astype("u1").tobytes())
    return digest.hexdigest()


def shared_faces(calibration: FaceSet, evaluation: FaceSet) -> tuple[tuple[Face, Face], ...]:
    """The images in both sets: each as the calibration set and as the evaluation set has it."""
    evaluated = {face.sha256: face for face in evaluation.faces}
    return tuple(
        (face, evaluated[face.sha256]) for face in calibration.faces if face.sha256 in evaluated
    )


def refuse_shared_faces(calibration: FaceSet, evaluation: FaceSet) -> None:
    """Refuse to evaluate on images that calibration has seen.

    Raises
    ------
    DatasetError
        naming the first image that both sets have, by its name in each, and how many there are.
    """
    shared = shared_faces(calibration, evaluation)
    if shared:
        mine, theirs = shared[0]
        raise DatasetError(
            f"{len(shared)} of the {len(calibration.faces)} images of calibration set "
            f"{calibration.id!r} are also evaluated in {evaluation.id!r}, the first as "
            f"{mine.name} and {theirs.name}; calibrate on other images."
        )
