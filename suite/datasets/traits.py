"""What each image of a set is like: how bright and how sharp."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from suite.datasets.face_set import FaceSet
from suite.datasets.images.decoder import decode


@dataclass(frozen=True, eq=False)
class Traits:
    """Traits of a set's images, each float64 [images].

    Attributes
    ----------
    brightness : mean grey level, 0…255
    sharpness : variance of the Laplacian of the grey image (J. Pech-Pacheco et al., "Diatom
        autofocusing in brightfield microscopy", ICPR 2000)
    """

    brightness: npt.NDArray[np.float64]
    sharpness: npt.NDArray[np.float64]


def traits_of(faces: FaceSet) -> Traits:
    """Look at every image of a set.

    Raises
    ------
    DatasetError
        where one cannot be read or decoded.
    """
    seen = np.array([_look(decode(face.read(), face.name)) for face in faces.faces])
    brightness, sharpness = seen.reshape(-1, 2).T
    return Traits(brightness, sharpness)


def _look(image: npt.NDArray[np.uint8]) -> tuple[float, float]:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return float(grey.mean()), float(cv2.Laplacian(grey, cv2.CV_64F).var())
