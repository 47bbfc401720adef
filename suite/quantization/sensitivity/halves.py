"""Calibration faces in two halves: one sets the ranges, units are weighed on the other."""

import numpy as np

from suite.catalog.errors import ArtifactError
from suite.datasets.face_set import FaceSet, face_set


def apart(calibration: FaceSet, selection: FaceSet | None) -> tuple[FaceSet, FaceSet]:
    """The faces that set ranges, and those on which units are weighed.

    Raises
    ------
    ArtifactError
        where there are no others, and fewer than two images to halve.
    """
    return halves(calibration) if selection is None else (calibration, selection)


def halves(faces: FaceSet) -> tuple[FaceSet, FaceSet]:
    """Every other person, and the others; where nobody says who is who, every other image.

    Raises
    ------
    ArtifactError
        where there are fewer than two images.
    """
    count = len(faces.faces)
    if count < 2:
        raise ArtifactError(
            f"{faces.id}: has {count} calibration face (equal images count once), of which no half "
            "can be kept for weighing layers: name a set of at least two in the model's card."
        )
    places = np.arange(count)
    who = faces.people
    if who is not None and len(np.unique(who)) > 1:
        _, places = np.unique(who, return_inverse=True)
    return _chosen(faces, places % 2 == 0), _chosen(faces, places % 2 == 1)


def _chosen(faces: FaceSet, wanted: np.ndarray) -> FaceSet:
    places = np.flatnonzero(wanted)
    people = None if faces.people is None else [str(faces.people[place]) for place in places]
    return face_set(faces.id, [faces.faces[place] for place in places], people=people)
