"""From encoded images to a network's input."""

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from suite.cards import PreprocessSpec
from suite.errors import DatasetError

_JPEG_START, _JPEG_SCAN, _JPEG_END = b"\xff\xd8\xff", b"\xff\xda", b"\xff\xd9"


def decode(data: bytes, name: str) -> npt.NDArray[np.uint8]:
    """Decode an image.

    Parameters
    ----------
    data : the encoded image, in any format that OpenCV reads
    name : what to call it in a message

    Returns
    -------
    uint8 [h, w, 3], channels in the order BGR; a grey image has three equal channels

    Raises
    ------
    DatasetError
        where it is empty, cut short or no image.
    """
    if _jpeg_is_cut_short(data):
        raise DatasetError(f"{name}: this JPEG is cut short; fetch the image again.")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # as for an image of no byte
        image = None
    if image is None:
        raise DatasetError(
            f"{name}: its {len(data):,} bytes are no image that OpenCV reads; replace it."
        )
    return np.asarray(image, dtype=np.uint8)


def _jpeg_is_cut_short(data: bytes) -> bool:
    """Whether a JPEG's last scan has no end: some versions of OpenCV fill up the rest with grey.

    A thumbnail in the header has an end of its own, before the image's scan.
    """
    return data.startswith(_JPEG_START) and data.rfind(_JPEG_END) < data.rfind(_JPEG_SCAN)


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
