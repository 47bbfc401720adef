"""Readers of the plain kinds of PNG, BMP and Netpbm, written apart from the suite's and OpenCV's.

They are what a fuzzed file's pixels are held against, where it is of such a kind still.
"""

import re
import struct
import zlib

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
_PNM = re.compile(rb"(P[56])\s+(\d{1,5})\s+(\d{1,5})\s+255\s")


def plain_pixels(data: bytes) -> Pixels | None:
    """Pixels uint8 [h, w, 3], BGR, of a file of a plain kind; None of any other."""
    if data.startswith(b"BM"):
        return _bmp(data)
    if data.startswith(b"\x89PNG"):
        return _png(data)
    return _pnm(data)


def _pnm(data: bytes) -> Pixels | None:
    header = _PNM.match(data)
    if header is None:
        return None
    width, height = int(header[2]), int(header[3])
    channels = 3 if header[1] == b"P6" else 1
    pixels = np.frombuffer(data, np.uint8, width * height * channels, header.end())
    return _bgr(pixels.reshape(height, width, channels))


def _bmp(data: bytes) -> Pixels | None:
    start, size, width, height, planes, depth, packing = struct.unpack_from("<IIiiHHI", data, 10)
    if (size, planes, depth, packing) != (40, 1, 24, 0) or width < 1 or height < 1:
        return None
    row = (width * 3 + 3) // 4 * 4
    rows = np.frombuffer(data, np.uint8, row * height, start).reshape(height, row)
    return np.ascontiguousarray(rows[::-1, : width * 3].reshape(height, width, 3))


def _png(data: bytes) -> Pixels | None:
    width, height, depth, colour, _, _, lacing = struct.unpack_from(">IIBBBBB", data, 16)
    if (depth, lacing) != (8, 0) or colour not in (0, 2):
        return None
    packed, place = b"", 8
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        packed += data[place + 8 : place + 8 + length] if kind == b"IDAT" else b""
        place += 12 + length
    channels = 3 if colour == 2 else 1
    rows = np.frombuffer(zlib.decompressobj().decompress(packed), np.uint8)
    rows = rows[: height * (1 + width * channels)].reshape(height, 1 + width * channels)
    made = np.zeros((height + 1, width + 1, channels), np.int64)  # a row and a column of nothing
    for y, row in enumerate(rows, 1):
        kind, line = row[0], row[1:].reshape(width, channels)
        for x in range(1, width + 1):
            left, above, corner = made[y, x - 1], made[y - 1, x], made[y - 1, x - 1]
            expected = _expected(int(kind), left, above, corner)
            made[y, x] = (line[x - 1] + expected) % 256
    return _bgr(made[1:, 1:].astype(np.uint8))


def _expected(
    kind: int,
    left: npt.NDArray[np.int64],
    above: npt.NDArray[np.int64],
    corner: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """What a filter expects of a pixel (PNG specification, 9.2)."""
    if kind < 4:
        return (0 * left, left, above, (left + above) // 2)[kind]
    guess = left + above - corner
    by_left, by_above, by_corner = (np.abs(guess - each) for each in (left, above, corner))
    nearest = np.where(by_above <= by_corner, above, corner)
    return np.where((by_left <= by_above) & (by_left <= by_corner), left, nearest)


def _bgr(pixels: Pixels) -> Pixels:
    colours = pixels if pixels.shape[2] == 3 else pixels.repeat(3, axis=2)
    return np.ascontiguousarray(colours[..., ::-1])
