"""Aligned faces on disk."""

import stat
from pathlib import Path

import cv2
import numpy as np
import pytest

from suite.catalog.errors import DatasetError
from suite.datasets.alignment.cache import AlignedCache, key_of

FACE = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
KEY = key_of("1" * 64, {"method": "margin", "size": 3})


def test_a_key_is_of_the_image_and_of_how_it_is_aligned() -> None:
    assert key_of("1" * 64, {"size": 3, "method": "margin"}) == KEY
    assert key_of("2" * 64, {"method": "margin", "size": 3}) != KEY
    assert key_of("1" * 64, {"method": "margin", "size": 4}) != KEY


@pytest.mark.parametrize("face", [FACE, None], ids=["face", "no-face"])
def test_what_is_made_is_made_once(tmp_path: Path, face: np.ndarray | None) -> None:
    first = AlignedCache(tmp_path).get(KEY, lambda: face)
    again = AlignedCache(tmp_path).get(KEY, lambda: pytest.fail("it was made again"))
    assert first == again
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    if face is None:
        assert first is None
    else:
        np.testing.assert_array_equal(cv2.imread(str(first)), face)


def test_the_folder_is_its_owners_alone_unless_it_was_made_for_others(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o750)
    for name, mode in (("own", 0o700), ("shared", 0o750)):
        AlignedCache(tmp_path / name).get(KEY, lambda: FACE)
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode


def test_no_face_is_kept_where_a_planted_link_leads(tmp_path: Path) -> None:
    theirs, folder = tmp_path / "theirs", tmp_path / "aligned"
    theirs.mkdir()
    folder.mkdir()
    (folder / KEY[:2]).symlink_to(theirs)
    with pytest.raises(DatasetError, match="is a link to elsewhere"):
        AlignedCache(folder).get(KEY, lambda: FACE)
    assert list(theirs.iterdir()) == []
