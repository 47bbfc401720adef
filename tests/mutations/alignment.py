"""Mistakes before a face is a set's: decoder, detector, points and template."""

import cv2
import numpy as np

from tests.mutations.mutation import Change, Pixels, Side, mutation


def _warped(image: Pixels, matrix: np.ndarray) -> Pixels:
    height, width = image.shape[:2]
    return np.asarray(
        cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    )


def _similar(image: Pixels, degrees: float = 0, scale: float = 1, dx: float = 0, dy: float = 0):
    """Turned and scaled about the middle, then moved by shares of the width."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    matrix[:, 2] += (dx * width, dy * width)
    return _warped(image, matrix)


@mutation("faces moved to the side", Side.BOTH, {"1 px": 1, "3 px": 3, "8 px": 8})
def moved(pixels_of_112: int) -> Change:
    return Change(face=lambda image: _similar(image, dx=pixels_of_112 / 112))


@mutation("faces half a pixel off, as by another convention of centres", Side.BOTH)
def half_a_pixel() -> Change:
    return Change(face=lambda image: _similar(image, dx=0.5 / 112, dy=0.5 / 112))


@mutation("faces turned", Side.BOTH, {"1°": 1.0, "5°": 5.0, "15°": 15.0})
def turned(degrees: float) -> Change:
    return Change(face=lambda image: _similar(image, degrees))


@mutation("faces larger than the template's", Side.BOTH, {"2 %": 1.02, "8 %": 1.08, "25 %": 1.25})
def larger(scale: float) -> Change:
    return Change(face=lambda image: _similar(image, scale=scale))


@mutation("faces smaller than the template's", Side.BOTH, {"2 %": 0.98, "8 %": 0.92, "20 %": 0.8})
def smaller(scale: float) -> Change:
    return Change(face=lambda image: _similar(image, scale=scale))


@mutation("the template of 96 x 112 for that of 112 x 112", Side.BOTH)
def other_template() -> Change:
    return Change(face=lambda image: _similar(image, dx=-8 / 112))


@mutation("eyes swapped", Side.BOTH)
def eyes_swapped() -> Change:
    # The points of the left eye and corner on those of the right: turned by half a circle.
    return Change(face=lambda image: _similar(image, 180))


@mutation("stretched, as by an affine fit", Side.BOTH, {"3 %": 1.03, "10 %": 1.1})
def stretched(factor: float) -> Change:
    def face(image: Pixels) -> Pixels:
        middle = image.shape[1] / 2
        return _warped(image, np.array([[factor, 0, middle * (1 - factor)], [0, 1, 0]]))

    return Change(face=face)


@mutation("not aligned, the middle of a wider cut", Side.BOTH)
def not_aligned() -> Change:
    return Change(face=lambda image: _similar(image, 7, 0.75, 0.05, 0.08))


@mutation(
    "another detector, its points jitter", Side.BOTH, {"0.5 px": 0.5, "1.5 px": 1.5, "4 px": 4}
)
def jittered(sigma_of_112: float) -> Change:
    def face(image: Pixels) -> Pixels:
        rng = np.random.default_rng(int(image.sum()))
        dx, dy, turn, size = rng.normal(0, sigma_of_112, 4)
        return _similar(image, turn, 1 + size / 100, dx / 112, dy / 112)

    return Change(face=face)


@mutation("INT8 detector, some points far off", Side.BOTH, {"1 %": 0.01, "5 %": 0.05, "20 %": 0.2})
def some_far_off(share: float) -> Change:
    def face(image: Pixels) -> Pixels:
        rng = np.random.default_rng(int(image.sum()))
        if rng.random() >= share:
            return image
        return _similar(image, rng.choice([-25, 25]), 0.8, 0.1, 0.1)

    return Change(face=face)


@mutation("a black border where the picture ends", Side.BOTH)
def black_border() -> Change:
    def face(image: Pixels) -> Pixels:
        filled = image.copy()
        filled[-image.shape[0] // 8 :] = 0
        return filled

    return Change(face=face)


@mutation("EXIF ignored, some lie on their side", Side.BOTH, {"2 %": 0.02, "25 %": 0.25})
def exif_ignored(share: float) -> Change:
    def jpeg(image: Pixels) -> Pixels:
        rng = np.random.default_rng(int(image.sum()))
        return np.ascontiguousarray(np.rot90(image)) if rng.random() < share else image

    return Change(jpeg=jpeg)


@mutation("JPEG read as YUV of limited range", Side.BOTH)
def limited_range() -> Change:
    def jpeg(image: Pixels) -> Pixels:
        wide = (image.astype(np.float32) - 16) * 255 / 219
        return np.clip(wide.round(), 0, 255).astype(np.uint8)

    return Change(jpeg=jpeg)


@mutation("JPEG's chroma by another matrix", Side.BOTH)
def other_matrix() -> Change:
    # BT.709's luma with BT.601's samples: red and green differ by a few levels.
    mix = np.array([[1, 0, 0], [-0.05, 1.05, 0], [0, -0.09, 1.09]], np.float32)  # BGR

    def jpeg(image: Pixels) -> Pixels:
        return np.clip((image.astype(np.float32) @ mix.T).round(), 0, 255).astype(np.uint8)

    return Change(jpeg=jpeg)


@mutation("chroma of half the size, not smoothed", Side.BOTH)
def coarse_chroma() -> Change:
    def jpeg(image: Pixels) -> Pixels:
        luma = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)
        height, width = luma.shape[:2]
        coarse = luma[::2, ::2, 1:].repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
        luma[..., 1:] = coarse
        return np.asarray(cv2.cvtColor(luma, cv2.COLOR_YCrCb2BGR))

    return Change(jpeg=jpeg)
