"""Encoded images decoded, or refused in a sentence."""

import cv2
import numpy as np
import numpy.typing as npt

from suite.catalog.errors import DatasetError
from suite.datasets.images.exif import orientation, turned
from suite.datasets.images.header import ImageFile, Unfit, inspect

_TURNED_HERE = ("PNG", "WebP")
# Any bytes but 0xFF: a decoder that lacks data would take them for the picture's.
_JUNK = b"\x5a\x37" * 256
_OTHER_JUNK = b"\xa5\xc8" * 256


def decode(data: bytes, name: str) -> npt.NDArray[np.uint8]:
    """Decode an image.

    Parameters
    ----------
    data : the encoded image: a JPEG (CMYK too), PNG, WebP, BMP, TIFF, PGM, PPM or PBM, told by its
        content
    name : what to call it in a message

    Returns
    -------
    uint8 [h, w, 3], channels in the order BGR; a grey image has three equal channels, of 16 bits
    the upper eight are taken, transparency is dropped; turned as its Exif says

    Raises
    ------
    DatasetError
        where it is empty, cut short, damaged, no image, or has more than 64 million pixels.
    """
    try:
        found = inspect(data)
    except Unfit as reason:
        raise DatasetError(where=name, what=f"{reason}.") from None
    if not found.had_end and _sees_what_follows(found):
        raise DatasetError(where=name, what="this JPEG is cut short; fetch the image again.")
    image = _pixels(found.data, turn=found.format not in _TURNED_HERE)
    if image is None:
        raise DatasetError(
            where=name,
            what=f"this {found.format} of {len(data):,} bytes is damaged; fetch the image again.",
        )
    if found.format == "JPEG" and _is_filled_up(found, image):
        raise DatasetError(where=name, what="this JPEG is cut short; fetch the image again.")
    return turned(image, orientation(found.data)) if found.format in _TURNED_HERE else image


def _pixels(data: bytes, *, turn: bool = True) -> npt.NDArray[np.uint8] | None:
    how = cv2.IMREAD_COLOR | (0 if turn else cv2.IMREAD_IGNORE_ORIENTATION)
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), how)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, dtype=np.uint8)


def _is_filled_up(found: ImageFile, image: npt.NDArray[np.uint8]) -> bool:
    """Whether a JPEG that has its end lacks picture data before it.

    libjpeg fills up what is missing with middle grey, so only where a corner has that (Exif may
    have turned the picture) is there doubt; in CMYK the middle is another colour by each kind, and
    there is doubt of every one. Then the end is replaced by other bytes: a picture
    that is whole does not see them, one that lacks data becomes another.
    """
    corners = image[:: max(1, len(image) - 1), :: max(1, image.shape[1] - 1)]
    if found.in_passes or not found.had_end:
        return False
    if found.components != 4 and not (corners == 128).all(axis=2).any():
        return False
    again = _pixels(found.data[: found.end] + _JUNK)
    return again is None or not np.array_equal(again, image)


def _sees_what_follows(found: ImageFile) -> bool:
    """Whether a JPEG without an end becomes another picture by what is put after it."""
    # Of several scans OpenCV decodes none before it has seen an end.
    after = b"\xff\xd9" if found.in_passes else b""
    one, other = (_pixels(found.data[: found.end] + junk + after) for junk in (_JUNK, _OTHER_JUNK))
    return one is None or other is None or not np.array_equal(one, other)
