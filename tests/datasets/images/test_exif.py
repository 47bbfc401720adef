"""PNG and WebP are turned as their Exif says, whichever OpenCV decodes them."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from suite.datasets.images.decoder import decode

PICTURE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
# What each orientation's stored picture is turned by, in words of OpenCV: (Exif 2.32, 4.6.4).
UPRIGHT = {
    1: PICTURE,
    2: cv2.flip(PICTURE, 1),
    3: cv2.rotate(PICTURE, cv2.ROTATE_180),
    4: cv2.flip(PICTURE, 0),
    5: cv2.transpose(PICTURE),
    6: cv2.rotate(PICTURE, cv2.ROTATE_90_CLOCKWISE),
    7: cv2.flip(cv2.transpose(PICTURE), -1),
    8: cv2.rotate(PICTURE, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


def exif(orientation: int, order: str, entries: int = 1) -> bytes:
    start = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(f"{order}HHIHH", 0x112, 3, 1, orientation, 0)
    return start + struct.pack(f"{order}IH", 8, entries) + entry + bytes(4)


def png(content: bytes, *, at_the_end: bool) -> bytes:
    plain = cv2.imencode(".png", PICTURE)[1].tobytes()
    check = struct.pack(">I", zlib.crc32(b"eXIf" + content))
    chunk = struct.pack(">I", len(content)) + b"eXIf" + content + check
    place = len(plain) - 12 if at_the_end else 33
    return plain[:place] + chunk + plain[place:]


def webp(content: bytes) -> bytes:
    plain = cv2.imencode(".webp", PICTURE, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()[12:]
    height, width = PICTURE.shape[:2]
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    header = b"VP8X" + struct.pack("<IB3x", 10, 8) + sides
    body = header + plain + bytes(len(plain) % 2)
    body += b"EXIF" + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_picture_is_turned_upright(orientation: int, order: str) -> None:
    content = exif(orientation, order)
    for data in (
        png(content, at_the_end=False),
        png(content, at_the_end=True),
        webp(content),
        webp(b"Exif\0\0" + content),
    ):
        np.testing.assert_array_equal(decode(data, "face"), UPRIGHT[orientation])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"II*\0",
        exif(0, "<"),
        exif(9, ">"),
        exif(6, "<", entries=0),
        exif(6, "<")[:14],
        b"x" * 40,
    ],
)
def test_exif_that_says_nothing_turns_nothing(content: bytes) -> None:
    for data in (png(content, at_the_end=False), webp(content)):
        np.testing.assert_array_equal(decode(data, "face"), PICTURE)
