"""Whether a set's images have colours."""

import cv2
import numpy as np
import pytest

from suite.datasets.face import Face
from suite.datasets.images import grey
from suite.datasets.images.decoder import decode
from suite.datasets.images.grey import grey_remark

GREY = np.full((9, 9, 3), 77, np.uint8)
COLOUR = np.full((9, 9, 3), (77, 90, 200), np.uint8)


def face(image: np.ndarray, suffix: str = ".png") -> Face:
    return Face.held("face", cv2.imencode(suffix, image)[1].tobytes())


@pytest.fixture
def decoded(monkeypatch):
    names: list[str] = []

    def counted(data, name):
        names.append(name)
        return decode(data, name)

    monkeypatch.setattr(grey, "decode", counted)
    return names


@pytest.mark.parametrize(
    ("count", "said", "looked_at"), [(3, "all 3 images", 3), (100, "all 30 sampled images", 30)]
)
def test_grey_images_are_said_to_show_no_colour_order(decoded, count, said, looked_at):
    assert grey_remark([face(GREY, ".jpg")] * count) == (
        f"{said} are grey: a wrong colour order cannot show on this set",
    )
    assert len(decoded) == looked_at


def test_nothing_is_said_of_colours_and_no_more_is_decoded(decoded):
    assert grey_remark([face(COLOUR)] * 100) == ()
    assert len(decoded) == 1
    assert grey_remark([*[face(GREY)] * 99, face(COLOUR)]) == ()


def test_nothing_is_said_of_what_cannot_be_decoded():
    assert grey_remark([face(GREY), Face.held("face", b"x")]) == ()
    assert grey_remark([]) == ()
