"""Reading a CSV of five points."""

import pytest

from suite.datasets.landmarks import read_landmarks
from suite.errors import DatasetError

POINTS = "1,2,3,4,5,6,7,8,9,10.5"


def read(folder, text):
    path = folder / "points.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_landmarks(path)


@pytest.mark.parametrize("head", ["", "file,lx,ly,rx,ry,nx,ny,mlx,mly,mrx,mry\n", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_points_are_read_by_path(tmp_path, head, end):
    found = read(tmp_path, (head + f"a\\1.jpg,{POINTS}\n\nb.jpg,{POINTS}\n").replace("\n", end))
    assert list(found) == ["a/1.jpg", "b.jpg"]
    assert found["a/1.jpg"].tolist() == [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10.5]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"a,{POINTS},1\n", "line 1 must have a path and ten numbers, x and y of five points; c"),
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
