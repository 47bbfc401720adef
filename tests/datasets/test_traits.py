"""Brightness and sharpness of images, against SciPy."""

import cv2
import numpy as np
import pytest
from scipy import ndimage

from suite.datasets.face import Face
from suite.datasets.face_set import face_set
from suite.datasets.traits import traits_of


def held(name: str, image: np.ndarray) -> Face:
    return Face.held(name, bytes(cv2.imencode(".png", image)[1]))


def test_they_are_those_of_the_grey_image() -> None:
    rng = np.random.default_rng(0)
    # Grey already, so that no weights of colours matter.
    images = [np.repeat(rng.integers(0, top, (20, 30, 1)), 3, axis=2) for top in (50, 200)]
    faces = [held(str(i), image.astype(np.uint8)) for i, image in enumerate(images)]
    found = traits_of(face_set("x", faces))
    for i, image in enumerate(images):
        grey = image[..., 0].astype(float)
        assert found.brightness[i] == pytest.approx(grey.mean())
        assert found.sharpness[i] == pytest.approx(ndimage.laplace(grey, mode="mirror").var())


def test_blur_is_less_sharp_and_as_bright() -> None:
    rng = np.random.default_rng(1)
    image = rng.integers(0, 255, (40, 40, 3)).astype(np.uint8)
    blurred = cv2.GaussianBlur(image, (5, 5), 2)
    found = traits_of(face_set("x", [held("a", image), held("b", blurred)]))
    assert found.sharpness[1] < found.sharpness[0] / 5
    assert found.brightness[1] == pytest.approx(found.brightness[0], abs=1.0)
