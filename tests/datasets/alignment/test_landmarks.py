"""Reading a CSV of five points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.catalog.errors import DatasetError
from suite.datasets.alignment.geometry import TEMPLATE
from suite.datasets.alignment.landmarks import read_landmarks

POINTS = "1,2,9,3,5,6,2,8,9,10.5"


def read(folder, text):
    path = folder / "points.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_landmarks(path)


@pytest.mark.parametrize("head", ["", "file,lx,ly,rx,ry,nx,ny,mlx,mly,mrx,mry\n", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_points_are_read_by_path(tmp_path, head, end):
    found = read(tmp_path, (head + f"a\\1.jpg,{POINTS}\n\nb.jpg,{POINTS}\n").replace("\n", end))
    assert list(found) == ["a/1.jpg", "b.jpg"]
    assert found["a/1.jpg"].points.tolist() == [[1, 2], [9, 3], [5, 6], [2, 8], [9, 10.5]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"a,{POINTS},1\n", "line 1 must have a path and ten numbers, x and y of five points in"),
        (f"a,{POINTS}\nb,1,2\n", "line 2 must have a path and ten numbers"),
        (f"a,{POINTS}\nb,{POINTS.replace('3', 'x')}\n", "line 2 must have a path and ten numbers"),
        (f"a,{POINTS.replace('3', 'inf')}\n", "line 1 must have a path and ten numbers"),
        (f"a,{POINTS}\na,{POINTS}\n", "line 2 names 'a' again; keep one line of it."),
        ("a" + ",5" * 10, "line 1: the five points of 'a' are one; correct it."),
        (f"../a,{POINTS}\n", "line 1: '../a' is no path below the card's folder; give it relative"),
        ("", "has no landmarks; give a line for each image."),
        (b"\xff\n", "is no CSV in UTF-8 ("),
    ],
)
def test_a_wrong_line_is_named(tmp_path, text, said):
    with pytest.raises(DatasetError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'points.csv'}: {said}")


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"none\.csv: the landmarks cannot be read \(No such"):
        read_landmarks(tmp_path / "none.csv")


def line(points) -> str:
    return "a," + ",".join(str(float(value)) for value in np.asarray(points).ravel()) + "\n"


def turned(degrees):
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return TEMPLATE @ turn.T


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (TEMPLATE / 112, "lie within 2 pixels; give them in pixels of the image, not as shares"),
        (TEMPLATE * 1e-200, "lie within 2 pixels"),
        (TEMPLATE[[1, 0, 2, 4, 3]], "left and right of 'a' are swapped; give the eye and the"),
        (turned(25)[[1, 0, 2, 4, 3]], "left and right of 'a' are swapped"),
        ((112, 0) - TEMPLATE * (1, -1), "left and right of 'a' are swapped"),
        (TEMPLATE[:, ::-1], "left and right of 'a' are swapped"),
        (turned(180), "the points of 'a' are turned by more than 90°; give x before y, from the"),
        (turned(100), "the points of 'a' are turned by more than 90°"),
        (turned(-100), "the points of 'a' are turned by more than 90°"),
    ],
)
def test_points_of_no_upright_face_are_named(tmp_path, points, said):
    with pytest.raises(DatasetError, match=rf"points\.csv: line 1: .*{said}"):
        read(tmp_path, line(points))


@pytest.mark.parametrize("width", [1, 0.5, 0.1, -0.1])
@pytest.mark.parametrize("degrees", [-80, 0, 45, 80])
def test_a_face_that_is_turned_or_seen_from_the_side_is_read(tmp_path, width, degrees):
    middle = TEMPLATE.mean(axis=0)
    narrow = (TEMPLATE - middle) * (width, 1) + middle
    points = turned(degrees) - TEMPLATE + narrow if width == 1 else narrow
    assert read(tmp_path, line(points))["a"].points.shape == (5, 2)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=10, max_size=10))
def test_any_points_are_read_or_refused(tmp_path_factory, numbers):
    folder = tmp_path_factory.getbasetemp()
    try:
        read(folder, line(numbers))
    except DatasetError as error:
        assert "points.csv: line 1" in str(error)


def test_points_far_outside_the_image_are_named(tmp_path):
    image = np.zeros((100, 200, 3), np.uint8)
    for shift in ((0, 0), (-190, -90), (250, 80)):
        read(tmp_path, line(TEMPLATE * 0.5 + shift))["a"].check_within(image, "a")
    for shift in ((-300, 0), (0, -200), (400, 0), (0, 300)):
        with pytest.raises(DatasetError) as caught:
            read(tmp_path, line(TEMPLATE * 0.5 + shift))["a"].check_within(image, "a")
        assert str(caught.value) == (
            f"{tmp_path / 'points.csv'}: line 1: the points of 'a' lie far outside its 200 × 100 "
            "pixels; give them in pixels of this very image."
        )
