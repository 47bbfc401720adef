"""Cutting faces out of images."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.datasets.alignment.geometry import TEMPLATE, centre_box, crop, similarity, warp

PLACES = st.lists(
    st.tuples(*[st.floats(-300, 300).map(lambda value: round(value, 2))] * 2),
    min_size=2,
    max_size=6,
    unique=True,
)


def moved(points, angle, scale, shift):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ turn.T + shift


@given(PLACES, st.floats(-3.2, 3.2), st.floats(0.1, 10), st.tuples(*[st.floats(-300, 300)] * 2))
def test_a_known_similarity_is_recovered(places, angle, scale, shift):
    points = np.array(places)
    matrix = similarity(points, moved(points, angle, scale, np.array(shift)))
    expected = [
        [scale * np.cos(angle), -scale * np.sin(angle), shift[0]],
        [scale * np.sin(angle), scale * np.cos(angle), shift[1]],
    ]
    np.testing.assert_allclose(matrix[:, :2], np.array(expected)[:, :2], atol=1e-6 * scale)
    np.testing.assert_allclose(matrix[:, 2], shift, atol=1e-3)


def umeyama(source, target):
    """Umeyama's own construction, by singular values, equations 38 to 42."""
    mean_s, mean_t = source.mean(axis=0), target.mean(axis=0)
    centred_s, centred_t = source - mean_s, target - mean_t
    u, values, vt = np.linalg.svd(centred_t.T @ centred_s / len(source))
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    turn = u @ np.diag(sign) @ vt
    scale = (values * sign).sum() / centred_s.var(axis=0).sum()
    return np.column_stack([scale * turn, mean_t - scale * turn @ mean_s])


@pytest.mark.parametrize("seed", range(20))
def test_it_is_umeyamas_solution(seed):
    rng = np.random.default_rng(seed)
    source = TEMPLATE + rng.normal(0, 5, (5, 2))
    np.testing.assert_allclose(similarity(source, TEMPLATE), umeyama(source, TEMPLATE), atol=1e-9)


def test_one_point_has_no_similarity():
    with pytest.raises(ValueError, match="the points are all one"):
        similarity(np.ones((5, 2)), TEMPLATE)
    with pytest.raises(ValueError, match="the points are all one"):
        similarity(TEMPLATE * 1e-200, TEMPLATE)


def smooth(height, width):
    rng = np.random.default_rng(0)
    return cv2.GaussianBlur(rng.integers(0, 256, (height, width, 3), dtype=np.uint8), (0, 0), 4)


@pytest.mark.parametrize("side", [112, 224, 56])
def test_points_come_to_lie_on_the_template(side):
    points = moved(TEMPLATE, 0.4, 1.3, np.array([70.0, 40.0]))
    image = np.zeros((250, 250, 3), np.uint8)
    for place in points:
        cv2.circle(image, tuple(round(value) for value in place), 4, (255, 255, 255), -1)
    face = warp(image, points, side)
    assert face.shape == (side, side, 3)
    for x, y in TEMPLATE * (side / 112):
        assert face[round(y), round(x), 0] > 150


def test_points_on_the_template_change_nothing():
    image = smooth(112, 112)
    np.testing.assert_array_equal(warp(image, TEMPLATE, 112), image)


def by_facenet_pytorch(image, box, margin, size):
    """``extract_face`` of facenet-pytorch's detect_face.py, for an array."""
    margins = [
        margin * (box[2] - box[0]) / (size - margin),
        margin * (box[3] - box[1]) / (size - margin),
    ]
    box = [
        int(max(box[0] - margins[0] / 2, 0)),
        int(max(box[1] - margins[1] / 2, 0)),
        int(min(box[2] + margins[0] / 2, image.shape[1])),
        int(min(box[3] + margins[1] / 2, image.shape[0])),
    ]
    face = image[box[1] : box[3], box[0] : box[2]]
    return cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("margin", [0, 14, 44])
@pytest.mark.parametrize(
    "box", [(80.3, 70.1, 90.7, 110.2), (-5.0, 3.0, 200.0, 240.0), (200.0, 200.0, 60.0, 70.0)]
)
def test_the_crop_is_facenet_pytorchs(box, margin):
    image = smooth(250, 250)
    left, top, width, height = box
    corners = (left, top, left + width, top + height)
    expected = by_facenet_pytorch(image, corners, margin, 160)
    np.testing.assert_array_equal(crop(image, box, margin, 160), expected)


@given(
    st.tuples(st.floats(-500, 500), st.floats(-500, 500), st.floats(0, 500), st.floats(0, 500)),
    st.integers(0, 111),
)
def test_any_box_gives_a_face(box, margin):
    assert crop(np.zeros((30, 20, 3), np.uint8), box, margin, 112).shape == (112, 112, 3)


def test_the_centre_is_the_middle_square():
    assert centre_box(np.zeros((250, 200, 3), np.uint8), 100) == (50, 75, 100, 100)
