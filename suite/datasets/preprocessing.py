"""From decoded images to a network's input."""

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from suite.catalog.preprocess import PreprocessSpec, QuantizedInput


def prepare(
    images: Sequence[npt.NDArray[np.uint8]], spec: PreprocessSpec
) -> npt.NDArray[np.float32]:
    """Make a network's input of decoded images.

    Each becomes ``(pixel · scale / 255 − mean) / std``, after bilinear resizing where its size is
    another one; for a quantized input then whole numbers.

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
    return _quantized(tensor, spec.quantized) if spec.quantized else tensor


def _quantized(tensor: npt.NDArray[np.float32], how: QuantizedInput) -> npt.NDArray[np.float32]:
    """Whole numbers within the type, in float32, which holds each of them exactly."""
    limits = np.iinfo(how.type)
    whole: npt.NDArray[np.float32] = np.rint(
        tensor / np.float32(how.scale) + np.float32(how.zero_point)
    )
    return np.clip(whole, limits.min, limits.max, out=whole)


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
