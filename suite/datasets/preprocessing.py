"""From encoded images to a network's input."""

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from suite.cards import PreprocessSpec
from suite.datasets.image_file import ImageFile, Unfit, inspect
from suite.errors import DatasetError

# Any bytes but 0xFF: a decoder that lacks data would take them for the picture's.
_JUNK = b"\x5a\x37" * 256


def decode(data: bytes, name: str) -> npt.NDArray[np.uint8]:
    """Decode an image.

    Parameters
    ----------
    data : the encoded image: a JPEG (CMYK too), PNG, WebP, BMP, PGM, PPM or PBM, told by its
        content
    name : what to call it in a message

    Returns
    -------
    uint8 [h, w, 3], channels in the order BGR; a grey image has three equal channels, of 16 bits
    the upper eight are taken, transparency is dropped

    Raises
    ------
    DatasetError
        where it is empty, cut short, damaged, no image, or has more than 64 million pixels.
    """
    try:
        found = inspect(data)
    except Unfit as reason:
        raise DatasetError(f"{name}: {reason}.") from None
    image = _pixels(found.data)
    if image is None:
        raise DatasetError(
            f"{name}: this {found.format} of {len(data):,} bytes is damaged; fetch the image again."
        )
    if found.format == "JPEG" and _is_filled_up(found, image):
        raise DatasetError(f"{name}: this JPEG is cut short; fetch the image again.")
    return image


def _pixels(data: bytes) -> npt.NDArray[np.uint8] | None:
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
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
    if found.in_passes:
        return False
    if found.components != 4 and not (corners == 128).all(axis=2).any():
        return False
    again = _pixels(found.data[: found.end] + _JUNK)
    return again is None or not np.array_equal(again, image)


def prepare(
    images: Sequence[npt.NDArray[np.uint8]], spec: PreprocessSpec
) -> npt.NDArray[np.float32]:
    """Make a network's input of decoded images.

    Each becomes ``(pixel · scale / 255 − mean) / std``, after bilinear resizing where its size is
    another one.

    Parameters
    ----------
    images : n images, uint8 [h, w, 3], channels in the order BGR; at least one
    spec : the input's size, layout and colour order, and mean and std in that order

    Returns
    -------
    float32 [n, 3, height, width], or [n, height, width, 3] for layout NHWC; contiguous
    """
    pixels = np.stack([_resized(image, spec) for image in images])
    if spec.color_order == "RGB":
        pixels = pixels[..., ::-1]
    # One multiplication and one addition a value; their factors are rounded to float32 once.
    std = np.asarray(spec.std, dtype=np.float64)
    factor = (spec.scale / 255 / std).astype(np.float32)
    offset = (-np.asarray(spec.mean, dtype=np.float64) / std).astype(np.float32)
    if spec.layout == "NCHW":
        pixels = pixels.transpose(0, 3, 1, 2)
        factor, offset = factor[:, None, None], offset[:, None, None]
    tensor = np.multiply(pixels, factor, order="C", dtype=np.float32)
    tensor += offset
    return tensor


def _resized(image: npt.NDArray[np.uint8], spec: PreprocessSpec) -> npt.NDArray[np.uint8]:
    if image.shape[:2] == (spec.height, spec.width):
        return image
    size = (spec.width, spec.height)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def mirror(
    tensor: npt.NDArray[np.float32], layout: Literal["NCHW", "NHWC"]
) -> npt.NDArray[np.float32]:
    """Turn each image left to right.

    Parameters
    ----------
    tensor : float32 [n, 3, h, w], or [n, h, w, 3] for layout NHWC

    Returns
    -------
    float32 of the same shape, contiguous
    """
    axis = 3 if layout == "NCHW" else 2
    return np.ascontiguousarray(np.flip(tensor, axis))
