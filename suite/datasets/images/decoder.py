"""Encoded images decoded, or refused in a sentence."""

import hashlib
import re

import cv2
import numpy as np
import numpy.typing as npt

from suite.catalog.errors import DatasetError
from suite.datasets.images.apart import DecoderEndedError, decode_apart
from suite.datasets.images.exif import orientation, turned
from suite.datasets.images.header import inspect
from suite.datasets.images.image_file import ImageFile, Unfit, cut_short, damaged

_TURNED_HERE = ("PNG", "WebP")
# What libjpeg says of files that are whole: many encoders give a plain scan the bounds of one in
# passes, and a colour transform that Adobe does not name is taken for none.
_HARMLESS = re.compile(r"Invalid SOS parameters for sequential JPEG|Unknown Adobe color transform")
_LACKS = re.compile("premature end|not enough data", re.IGNORECASE)
_SPEAKERS = {"JPEG": "libjpeg", "TIFF": "libtiff"}
_OF_LIBTIFF = re.compile(r"\[ERROR:.*TIFF_Error\s+(.+)")
# OpenCV's own lines, as "[ WARN:0@0.123] global loadsave.cpp:1355 …".
_OF_OPENCV = re.compile(r"\[ ?[A-Z]+:")
_LONGEST_REASON = 120
# Digests of images of which libraries said nothing: runs decode the same ones for each mode, and
# here that takes half the time. A hundred bytes an image.
_SOUND: set[bytes] = set()
_MOST_KNOWN = 200_000


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
        return _decoded(data)
    except Unfit as reason:
        raise DatasetError(where=name, what=f"{reason}.") from None


def _decoded(data: bytes) -> npt.NDArray[np.uint8]:
    found = inspect(data)
    image = _of_sound(found) if _is_known_sound(found) else _of_other(found)
    return turned(image, orientation(data)) if found.format in _TURNED_HERE else image


def as_decoded(data: bytes) -> bytes | None:
    """A PNG of the picture that libraries make of a damaged image by going over the damage.

    None of an image that is whole, or of which they make no picture.
    """
    try:
        _decoded(data)
    except _WentOnError as error:
        return bytes(cv2.imencode(".png", error.pixels)[1])
    except Unfit:
        pass
    return None


class _WentOnError(Unfit):
    """A library said that an image is damaged, and made a picture of it."""

    def __init__(self, reason: str, pixels: npt.NDArray[np.uint8]) -> None:
        super().__init__(reason)
        self.pixels = pixels


def _flags(found: ImageFile) -> int:
    return cv2.IMREAD_COLOR | (cv2.IMREAD_IGNORE_ORIENTATION if found.format in _TURNED_HERE else 0)


def _is_known_sound(found: ImageFile) -> bool:
    """Whether libraries have nothing to say of it.

    A PNG was looked at so closely before; of others, those that were decoded once already.
    """
    return found.format == "PNG" or _digest(found) in _SOUND


def _digest(found: ImageFile) -> bytes:
    return hashlib.blake2b(found.data, digest_size=16).digest()


def _of_sound(found: ImageFile) -> npt.NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(found.data, np.uint8), _flags(found))
    if image is None:
        raise _undecodable(found)
    return np.asarray(image, dtype=np.uint8)


def _of_other(found: ImageFile) -> npt.NDArray[np.uint8]:
    try:
        decoded = decode_apart(found.data, _flags(found))
    except DecoderEndedError as end:
        raise Unfit(
            f"this {found.format} ended the process that decodes it ({end}); replace it"
        ) from None
    if decoded.pixels is None:
        raise _undecodable(found)
    if complaint := _complaint(found, decoded.said):
        raise _WentOnError(str(complaint), decoded.pixels)
    if not decoded.said and len(_SOUND) < _MOST_KNOWN:
        _SOUND.add(_digest(found))
    return decoded.pixels


def _undecodable(found: ImageFile) -> Unfit:
    return Unfit(
        f"this {found.format} of {len(found.data):,} bytes is damaged; fetch the image again"
    )


def _complaint(found: ImageFile, said: str) -> Unfit | None:
    """What a library says of damage that it went over."""
    damage = (
        damage for line in said.splitlines() if (damage := _damage(found.format, line.strip()))
    )
    first = next(damage, None)
    if first is None:
        return None
    said_so = f"{_SPEAKERS[found.format]} says {first[:_LONGEST_REASON]!r}"
    make = cut_short if _LACKS.search(first) else damaged
    return make(found.format, said_so)


def _damage(format_: str, line: str) -> str | None:
    """What a printed line says of damage."""
    if format_ == "JPEG" and line and not _OF_OPENCV.match(line):
        return None if _HARMLESS.match(line) else line
    error = _OF_LIBTIFF.search(line) if format_ == "TIFF" else None
    # Of further pictures, which are not read.
    return None if error is None or "AdvanceDirectory" in line else error[1]
