"""Sets of faces made anew of other pixels."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet, PairList, face_set
from suite.datasets.images.decoder import decode
from tests.mutations.mutation import NotThereError, Pixels


def encoded(face: Face, pixels: Pixels) -> Face:
    """A face of other pixels, kept without loss under its name."""
    return Face.held(face.name, bytes(cv2.imencode(".png", pixels)[1]))


def redrawn(faces: FaceSet, how: Callable[[Pixels, int], Pixels]) -> FaceSet:
    """A set whose images are changed, each told its place; pairs and people stay.

    Raises
    ------
    NotThereError
        where that makes two images one, so that the pairs are of other images.
    """
    made = [
        encoded(face, how(decode(face.read(), face.name), at))
        for at, face in enumerate(faces.faces)
    ]
    return with_faces(faces, made)


def with_faces(faces: FaceSet, made: Sequence[Face]) -> FaceSet:
    """A set with other images in the places of its own."""
    found = face_set(faces.id, made, _pairs(faces), people_of(faces), faces.remarks)
    if len(found.faces) != len(faces.faces):
        raise NotThereError("images that stay apart")
    return found


def with_pairs(faces: FaceSet, left: np.ndarray, right: np.ndarray, genuine: np.ndarray) -> FaceSet:
    """A set with other pairs of its images, in as many folds."""
    pairs = PairList(left, right, genuine, faces.folds)
    return face_set(faces.id, faces.faces, pairs, people_of(faces), faces.remarks)


def people_of(faces: FaceSet) -> list[str] | None:
    """Who each image shows."""
    return None if faces.people is None else [str(who) for who in faces.people]


def _pairs(faces: FaceSet) -> PairList:
    return PairList(faces.left, faces.right, faces.genuine, faces.folds, faces.fold_sizes)


def same_identity(faces: FaceSet, sha256: str) -> FaceSet:
    """A set that says that its content is another's."""
    return replace(faces, sha256=sha256)
