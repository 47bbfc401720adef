"""Mistakes in what static INT8 is calibrated on; the artifact is built anew."""

from collections.abc import Callable

import cv2
import numpy as np

from suite.datasets.face_set import FaceSet, face_set
from tests.mutations.images import people_of, redrawn
from tests.mutations.mutation import Change, Pixels, Side, mutation


def _drawn(how: Callable[[Pixels, int], Pixels]) -> Change:
    return Change(calibration=lambda faces: redrawn(faces, how))


@mutation("calibrated on noise", Side.INT8)
def on_noise() -> Change:
    def noise(image: Pixels, at: int) -> Pixels:
        return np.random.default_rng(at).integers(0, 256, image.shape, dtype=np.uint8)

    return _drawn(noise)


@mutation("calibrated on few faces", Side.INT8, {"16": 16, "4": 4, "1": 1})
def on_few(count: int) -> Change:
    def few(faces: FaceSet) -> FaceSet:
        who = people_of(faces)
        return face_set(faces.id, faces.faces[:count], people=who and who[:count])

    return Change(calibration=few)


@mutation("calibrated on dark faces", Side.INT8, {"2 times": 2, "5 times": 5})
def on_dark(times: int) -> Change:
    return _drawn(lambda image, _: (image // times).astype(np.uint8))


@mutation("calibrated on bright faces", Side.INT8, {"1.5 times": 1.5})
def on_bright(times: float) -> Change:
    return _drawn(lambda image, _: np.clip(image * times, 0, 255).astype(np.uint8))


@mutation("calibrated on grey faces", Side.INT8)
def on_grey() -> Change:
    def grey(image: Pixels, _: int) -> Pixels:
        return np.repeat(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2)

    return _drawn(grey)


@mutation("calibrated on BGR", Side.INT8)
def on_bgr() -> Change:
    return _drawn(lambda image, _: np.ascontiguousarray(image[..., ::-1]))


@mutation("calibrated on faces that are not aligned", Side.INT8)
def on_unaligned() -> Change:
    def wider(image: Pixels, at: int) -> Pixels:
        height, width = image.shape[:2]
        turn = float(np.random.default_rng(at).normal(0, 20))
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 0.55)
        flat = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(flat)

    return _drawn(wider)


@mutation("calibrated on blurred faces", Side.INT8, {"1.5 px": 1.5, "4 px": 4.0})
def on_blurred(sigma: float) -> Change:
    return _drawn(lambda image, _: np.asarray(cv2.GaussianBlur(image, (0, 0), sigma)))


@mutation("calibrated upside down", Side.INT8)
def on_upside_down() -> Change:
    return _drawn(lambda image, _: np.ascontiguousarray(image[::-1]))


@mutation("calibrated on one colour", Side.INT8)
def on_one_colour() -> Change:
    return _drawn(
        lambda image, at: np.full_like(image, 96 + at % 64) + np.eye(3, dtype=np.uint8)[0]
    )


@mutation("calibrated with an outlier", Side.INT8)
def with_outlier() -> Change:
    """One image of extreme contrast stretches every range."""

    def first(image: Pixels, at: int) -> Pixels:
        if at:
            return image
        y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
        return np.repeat(np.where((x + y) % 2, 255, 0)[..., None], 3, axis=2).astype(np.uint8)

    return _drawn(first)


@mutation("calibrated on 0 to 1", Side.INT8)
def on_unit_range() -> Change:
    return Change(fed=(0.5, 0.5))


@mutation("calibrated on 0 to 255", Side.INT8)
def on_raw() -> Change:
    return Change(fed=(127.5, 127.5))


@mutation("calibrated on half of the range", Side.INT8)
def on_half() -> Change:
    return Change(fed=(0.5, 0.0))
