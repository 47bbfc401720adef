"""Naming images below a folder."""

import pytest

from suite.datasets.image_folder import images_below, plain_name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("ann/1.jpg", "ann/1.jpg"),
        (" ann\\.\\1.jpg ", "ann/1.jpg"),
        ("ann//1.jpg", "ann/1.jpg"),
        ("ann/../1.jpg", None),
        ("../1.jpg", None),
        ("/etc/passwd", None),
        ("C:\\1.jpg", None),
        ("", None),
        (".", None),
    ],
)
def test_a_name_stays_below_its_folder(given, name):
    assert plain_name(given) == name


def test_images_come_in_the_order_of_their_paths(tmp_path):
    for name in ("b/1.JPG", "a-b/1.png", "a/1.png", "a/.1.png", "a/1.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = [image.name for image in images_below(tmp_path)]
    assert found == ["a/1.png", "a-b/1.png", "b/1.JPG"]
