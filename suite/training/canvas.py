"""A flat canvas on which closed curves are filled, in face units."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

CANVAS_PX = 256

PX_PER_UNIT = 80.0

FIELD_PX = 64
Image = npt.NDArray[Any]

Colour = npt.NDArray[np.float32]

Points = Sequence[tuple[float, float]]
_STEPS_PER_CURVE = 5

_FRACTION_BITS = 4


class Canvas:
    """An RGB picture of ``CANVAS_PX`` squared and what of it is covered, in face units."""

    def __init__(self, ground: Colour) -> None:
        # The ground shows through the soft edges of what is drawn on it.
        self.colour: Image = np.empty((CANVAS_PX, CANVAS_PX, 3), np.uint8)
        self.colour[...] = np.rint(ground)
        self.alpha: Image = np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)

    def curve(self, points: Points, colour: Colour, *, opacity: float = 1.0) -> None:
        """Fill the closed Catmull-Rom curve through the points."""
        # Anti-aliased polygons alone come out the same from OpenCV 4.10 to 5.0.
        outline = [_catmull_rom(np.asarray(points, np.float32))]
        paint = tuple(float(v) for v in np.clip(np.rint(colour), 0, 255))
        if opacity >= 1.0:
            cv2.fillPoly(self.colour, outline, paint, cv2.LINE_AA, _FRACTION_BITS)
        else:
            mask = np.zeros_like(self.alpha)
            cv2.fillPoly(mask, outline, (round(255 * opacity),), cv2.LINE_AA, _FRACTION_BITS)
            left, top, width, height = cv2.boundingRect(mask)
            area = (slice(top, top + height), slice(left, left + width))
            share = mask[area][..., None].astype(np.float32) / 255
            mixed = self.colour[area] * (1 - share) + np.asarray(paint, np.float32) * share
            self.colour[area] = np.rint(mixed)
        cv2.fillPoly(self.alpha, outline, (255,), cv2.LINE_AA, _FRACTION_BITS)

    def mirrored(self, points: Points, colour: Colour, *, opacity: float = 1.0) -> None:
        """Fill the curve and its mirror image on the other half of the face."""
        self.curve(points, colour, opacity=opacity)
        self.curve([(-x, y) for x, y in points], colour, opacity=opacity)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, colour: Colour, *, opacity: float = 1.0
    ) -> None:
        """Fill an ellipse."""
        self.curve(ring(x, y, rx, ry), colour, opacity=opacity)

    def shade(self, field: Image) -> None:
        """Multiply the picture with a coarse field of gains, [FIELD_PX, FIELD_PX, 3]."""
        # np.exp differs in its last bit between CPUs; rounded, that makes no difference.
        field = np.rint(field * 4096) / np.float32(4096)
        gains = cv2.resize(field, (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_LINEAR)
        np.clip(np.rint(self.colour * gains), 0, 255, out=gains)
        self.colour = gains.astype(np.uint8)

    def keep_inside(self, hole: Points, before: Image) -> None:
        """Take back to ``before`` what was drawn outside the curve: an iris is cut to its eye."""
        share = self._share(hole)
        self.colour = np.rint(self.colour * share + before * (1 - share)).astype(np.uint8)

    def keep_outside(self, hole: Points, before: Image, gain: float) -> None:
        """Take back to ``before``, dimmed by a gain, what was drawn inside the curve: a lens."""
        share = self._share(hole)
        self.colour = np.rint(before * (gain * share) + self.colour * (1 - share)).astype(np.uint8)

    def _share(self, hole: Points) -> npt.NDArray[np.float32]:
        mask = np.zeros_like(self.alpha)
        outline = [_catmull_rom(np.asarray(hole, np.float32))]
        cv2.fillPoly(mask, outline, (255,), cv2.LINE_AA, _FRACTION_BITS)
        return mask[..., None].astype(np.float32) / np.float32(255)


def ring(x: float, y: float, rx: float, ry: float) -> Points:
    """Eight points of an ellipse."""
    return [(x + rx * c, y + ry * s) for c, s in _CIRCLE]


_CIRCLE = [(float(np.cos(a)), float(np.sin(a))) for a in np.arange(8) * np.pi / 4]


def _catmull_rom(points: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    around = np.stack([np.roll(points, shift, axis=0) for shift in (1, 0, -1, -2)])
    curve: npt.NDArray[np.float32] = np.einsum("sk,knc->nsc", _BASIS, around).reshape(-1, 2)
    pixels = curve * PX_PER_UNIT + (CANVAS_PX - 1) / 2
    fixed: npt.NDArray[np.int32] = np.rint(pixels * (1 << _FRACTION_BITS)).astype(np.int32)
    return fixed


def _basis() -> npt.NDArray[np.float32]:
    t = np.arange(_STEPS_PER_CURVE) / _STEPS_PER_CURVE
    powers = np.stack([np.ones_like(t), t, t**2, t**3], axis=1)
    rom = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]])
    basis: npt.NDArray[np.float32] = (powers @ rom / 2).astype(np.float32)
    return basis


_BASIS = _basis()
