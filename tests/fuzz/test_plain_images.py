"""The readers that fuzzed pictures are held against read whole ones rightly."""

import cv2
import numpy as np
import pytest

from tests.fuzz.plain_images import plain_pixels

COLOURS = np.random.default_rng(0).integers(0, 256, (13, 9, 3), dtype=np.uint8)
SMOOTH = np.asarray(cv2.GaussianBlur(COLOURS, (0, 0), 2), np.uint8)


@pytest.mark.parametrize(
    "image", [COLOURS, SMOOTH, COLOURS[..., 0]], ids=["noise", "smooth", "grey"]
)
@pytest.mark.parametrize("suffix", [".png", ".bmp", ".pnm"])
@pytest.mark.parametrize("filter_", range(5))
def test_a_plain_file_is_read(suffix, image, filter_):
    options = [cv2.IMWRITE_PNG_STRATEGY, 0]
    if hasattr(cv2, "IMWRITE_PNG_FILTER"):
        options += [cv2.IMWRITE_PNG_FILTER, 8 << filter_]
    data = bytes(cv2.imencode(suffix, image, options if suffix == ".png" else [])[1])
    found = plain_pixels(data)
    if suffix == ".bmp" and image.ndim == 2:
        assert found is None  # of a palette
        return
    wanted = image if image.ndim == 3 else np.dstack([image] * 3)
    np.testing.assert_array_equal(found, wanted)


def test_another_kind_is_none():
    assert plain_pixels(b"P6 1 1 65535\n123456") is None
    deep = bytes(cv2.imencode(".png", COLOURS.astype(np.uint16) * 257)[1])
    assert plain_pixels(deep) is None
