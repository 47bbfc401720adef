"""A WebP's chunks, and what of its damage can be seen."""

import struct

import cv2
import numpy as np
import pytest

from suite.catalog.errors import DatasetError
from suite.datasets.images.decoder import decode
from suite.datasets.images.header import inspect

NOISE = np.random.default_rng(0).integers(0, 256, (160, 160, 3), dtype=np.uint8)
FACE = cv2.GaussianBlur(NOISE, (0, 0), 3)


def encoded(image=FACE, quality: int = 80) -> bytes:
    return bytes(cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, quality])[1])


def extended(data: bytes, *more: tuple[bytes, bytes]) -> bytes:
    """The same picture in an extended file with chunks behind it."""
    canvas = b"\0" * 4 + (159).to_bytes(3, "little") * 2
    parts = [(b"VP8X", canvas), (data[12:16], data[20:])]
    body = b"".join(
        kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
        for kind, content in (*parts, *more)
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


@pytest.mark.parametrize("quality", [80, 101], ids=["lossy", "lossless"])
def test_a_zero_filled_end_is_refused(quality):
    data = encoded(quality=quality)
    for share in (0.2, 0.5, 0.9):
        kept = int(len(data) * share)
        with pytest.raises(
            DatasetError, match=r"this WebP .* damaged: its picture ends in [\d,]+ z"
        ):
            decode(data[:kept] + bytes(len(data) - kept), "face")


@pytest.mark.parametrize("quality", [1, 50, 80, 100, 101])
@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("photo", [0, 40, 150])
def test_a_flat_end_that_was_meant_is_read(quality, level, photo):
    image = np.full((640, 640, 3), level, np.uint8)
    image[:photo, :160] = FACE[:photo]
    assert inspect(encoded(image, quality)).height == 640


@pytest.mark.parametrize("quality", [80, 101], ids=["lossy", "lossless"])
def test_an_extended_file_is_read(quality):
    data = encoded(quality=quality)
    np.testing.assert_array_equal(
        decode(extended(data, (b"XMP ", b"<x/>")), "face"), decode(data, "face")
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (encoded()[:-20], "is cut short"),
        (extended(encoded(), (b"\0\0\0\0", b"")), "is damaged: a chunk of it has no name"),
        (extended(encoded())[:30] + b"RIFF", "is cut short"),
        (extended(encoded()).replace(b"VP8 ", b"VP9 "), "is damaged: it has no picture in it"),
        (encoded().replace(b"VP8 ", b"JUNK"), "is damaged: its first chunk is no picture's"),
        (encoded()[:16] + b"\xff\xff" + encoded()[18:], "is damaged: a chunk is longer than the f"),
    ],
)
def test_what_is_not_whole_is_refused(data, said, capfd):
    with pytest.raises(DatasetError, match=f"face: this WebP {said}"):
        decode(data, "face")
    assert capfd.readouterr().err == ""
