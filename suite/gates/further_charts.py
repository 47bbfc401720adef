"""Two further charts of the fingerprint: a JPEG, and an image of another size with a border.

The first four are PNG of the input's own size, which no decoder's chroma, no resizing and no crop
can change. They have samples of their own, because the first four are accepted without them.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.images.decoder import decode
from suite.datasets.preprocessing import prepare

# Colours and stripes with chroma at half the resolution, black and white at the ends of the range:
# kept as bytes, since encoders differ. `tests/support/drawn_jpeg.py` drew it.
_JPEG = Path(__file__).with_name("chart.jpg")
_RINGS = 8
# Places along a side: both edges with the pixels next to them, and some between.
_INNER = 6


def further_charts(spec: PreprocessSpec) -> tuple[Face, ...]:
    """The JPEG, and one with a border, a quarter higher and a third wider than the input."""
    border = _bordered(spec.height * 5 // 4 + 1, spec.width * 4 // 3 + 1)
    png = bytes(cv2.imencode(".png", border[..., ::-1])[1])
    return (
        Face.held("fingerprint jpeg", _JPEG.read_bytes()),
        Face.held("fingerprint border", png),
    )


def further_samples(faces: Sequence[Face], spec: PreprocessSpec) -> tuple[float, ...]:
    """Values of the preprocessed charts, at the edges and between: per chart, point and channel."""
    tensor = prepare([decode(face.read(), face.name) for face in faces], spec)
    if spec.layout == "NCHW":
        tensor = tensor.transpose(0, 2, 3, 1)
    rows, columns = _places(spec.height), _places(spec.width)
    return tuple(map(float, tensor[:, rows][:, :, columns].ravel()))


def _places(length: int) -> npt.NDArray[np.int_]:
    inner = (np.arange(_INNER) * 2 + 1) * length // (2 * _INNER)
    return np.array([0, 1, *inner, length - 2, length - 1])


def _bordered(height: int, width: int) -> npt.NDArray[np.uint8]:
    """A gradient in rings one pixel wide, whose colours are another on each side."""
    y, x = np.mgrid[0:height, 0:width]
    image = np.stack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)], -1)
    sides = (y, x, height - 1 - y, width - 1 - x)
    nearest = np.argmin(np.stack(sides), axis=0)
    ring = np.min(np.stack(sides), axis=0)
    colours = np.stack([(nearest + ring) % 2 * 255, ring * 97 % 256, nearest * 80 + 15], axis=-1)
    framed = np.where((ring < _RINGS)[..., None], colours, image)
    return framed.astype(np.uint8)
