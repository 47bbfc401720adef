"""How Exif says that a picture is to be turned, read here because OpenCV's versions differ.

As tried: 4.10.0.84 turns JPEG, PNG and TIFF but no WebP, 5.0.0.93 all four. PNG is turned here as
well, so that no version decides.
"""

import re
import struct
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from suite.datasets.images.png import START as PNG_START

Pixels = npt.NDArray[np.uint8]
UPRIGHT = 1
_ORIENTATION, _SHORT = 0x0112, 3


def orientation(data: bytes) -> int:
    """What an encoded PNG or WebP says of how it is turned; 1, upright, where it says nothing.

    The numbers are those of the tag Orientation (Exif 2.32, 4.6.4).
    """
    chunks = _png_chunks(data) if data.startswith(PNG_START) else _webp_chunks(data)
    try:
        exif = next((content for kind, content in chunks if kind in (b"eXIf", b"EXIF")), b"")
        return _in_tiff(exif.removeprefix(b"Exif\0\0"))
    except struct.error:
        return UPRIGHT


def turned(image: Pixels, by: int) -> Pixels:
    """The picture as it is to be seen.

    Parameters
    ----------
    image : uint8 [h, w, 3]
    by : an orientation, 1 to 8; from 5 on height and width change places
    """
    if by in (5, 6, 7, 8):
        image = image.transpose(1, 0, 2)
    upside_down, mirrored = by in (3, 4, 7, 8), by in (2, 3, 6, 7)
    image = image[::-1] if upside_down else image
    return np.ascontiguousarray(image[:, ::-1] if mirrored else image)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(PNG_START)
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        yield kind, data[place + 8 : place + 8 + length]
        place += 12 + length


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, place)
        yield kind, data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _in_tiff(exif: bytes) -> int:
    """The orientation in the first directory of a TIFF header (TIFF 6.0, section 2)."""
    if not re.match(rb"II\*\0|MM\0\*", exif):
        return UPRIGHT
    order = "<" if exif.startswith(b"II") else ">"
    (place,) = struct.unpack_from(f"{order}I", exif, 4)
    (entries,) = struct.unpack_from(f"{order}H", exif, place)
    for index in range(entries):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, place + 2 + 12 * index)
        if (tag, kind) == (_ORIENTATION, _SHORT):
            return int(value) if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT
