"""From decoded images to a network's input."""

from collections.abc import Sequence
from typing import Literal, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from suite.catalog.preprocess import PreprocessSpec, QuantizedInput

_Floats = npt.NDArray[np.float32]
Value = TypeVar("Value", bound=np.generic)


def prepare(
    images: Sequence[npt.NDArray[np.uint8]], spec: PreprocessSpec
) -> npt.NDArray[np.float32]:
    """Make a network's input of decoded images.

    Each becomes ``(pixel · scale / 255 − mean) / std``, or its own mean and standard deviation are
    taken for ``prewhiten``, after `cropped` and bilinear resizing where its size is another one;
    for a quantized input then whole numbers.

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
    factor, offset = _prewhitening(pixels) if spec.prewhiten else _of_channels(spec)
    if spec.layout == "NCHW":
        pixels = pixels.transpose(0, 3, 1, 2)
        if not spec.prewhiten:
            factor, offset = factor[:, None, None], offset[:, None, None]
    tensor = np.multiply(pixels, factor, order="C", dtype=np.float32)
    tensor += offset
    return _quantized(tensor, spec.quantized) if spec.quantized else tensor


def _of_channels(spec: PreprocessSpec) -> tuple[_Floats, _Floats]:
    """What each channel is multiplied by, and what is added: float32 [3] each."""
    std = np.asarray(spec.std, dtype=np.float64)
    factor = (spec.scale / 255 / std).astype(np.float32)
    return factor, (-np.asarray(spec.mean, dtype=np.float64) / std).astype(np.float32)


def _prewhitening(pixels: npt.NDArray[np.uint8]) -> tuple[_Floats, _Floats]:
    """The same of each image: float32 [n, 1, 1, 1] each.

    The standard deviation is at least that of FaceNet's ``facenet.prewhiten``, 1 / √size.
    """
    axes = (1, 2, 3)
    mean = pixels.mean(axis=axes, dtype=np.float64, keepdims=True)
    std = pixels.std(axis=axes, dtype=np.float64, keepdims=True)
    std = np.maximum(std, pixels[0].size ** -0.5)
    return (1 / std).astype(np.float32), (-mean / std).astype(np.float32)


def cropped(image: npt.NDArray[np.uint8], spec: PreprocessSpec) -> npt.NDArray[np.uint8]:
    """The part of an image that is fed: its middle of the input's aspect, where `fit` says crop.

    Of 112 × 112 pixels aligned to ArcFace's points, the 96 columns in the middle are those of the
    template of SphereFace and CosFace for 96 × 112: the same points, 8 pixels less in x.
    """
    rows, columns = image.shape[:2]
    if spec.fit == "stretch":
        return image
    height = min(rows, max(1, round(columns * spec.height / spec.width)))
    width = min(columns, max(1, round(rows * spec.width / spec.height)))
    top, left = (rows - height) // 2, (columns - width) // 2
    return image[top : top + height, left : left + width]


def _quantized(tensor: npt.NDArray[np.float32], how: QuantizedInput) -> npt.NDArray[np.float32]:
    """Whole numbers within the type, in float32, which holds each of them exactly."""
    limits = np.iinfo(how.type)
    whole: npt.NDArray[np.float32] = np.rint(
        tensor / np.float32(how.scale) + np.float32(how.zero_point)
    )
    return np.clip(whole, limits.min, limits.max, out=whole)


def _resized(image: npt.NDArray[np.uint8], spec: PreprocessSpec) -> npt.NDArray[np.uint8]:
    image = cropped(image, spec)
    if image.shape[:2] == (spec.height, spec.width):
        return image
    size = (spec.width, spec.height)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def mirror(tensor: npt.NDArray[Value], layout: Literal["NCHW", "NHWC"]) -> npt.NDArray[Value]:
    """Turn each image left to right.

    Parameters
    ----------
    tensor : of any type, [n, 3, h, w], or [n, h, w, 3] for layout NHWC

    Returns
    -------
    likewise, contiguous
    """
    axis = 3 if layout == "NCHW" else 2
    return np.ascontiguousarray(np.flip(tensor, axis))
