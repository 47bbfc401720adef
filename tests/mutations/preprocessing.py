"""Mistakes between a decoded image and the network's input."""

import cv2
import numpy as np

from suite.catalog.preprocess import PreprocessSpec
from tests.mutations.mutation import Change, Floats, Pixels, Side, mutation

_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def _affine(tensor: Floats, spec: PreprocessSpec, factor: object, offset: object) -> Floats:
    """Each channel times a factor and plus an offset, of a tensor in the card's layout."""
    shape = (1, 3, 1, 1) if spec.layout == "NCHW" else (1, 1, 1, 3)
    factors, offsets = (
        np.broadcast_to(np.asarray(v, np.float32), 3).reshape(shape) for v in (factor, offset)
    )
    return np.ascontiguousarray(tensor * factors + offsets, dtype=np.float32)


def _renormalised(mean: object, std: object, scale: float) -> Change:
    """Another mean and std, for pixels times ``scale`` / 255."""

    def tensor(made: Floats, spec: PreprocessSpec) -> Floats:
        # The pixels again, from what the card made of them.
        own_std, own_mean = np.array(spec.std), np.array(spec.mean)
        factor = own_std / np.array(std) * scale / spec.scale
        offset = own_mean / np.array(std) * scale / spec.scale - np.array(mean) / np.array(std)
        return _affine(made, spec, factor, offset)

    return Change(tensor=tensor)


def _swapped(pixels: Pixels, _: PreprocessSpec) -> Pixels:
    return np.ascontiguousarray(pixels[..., ::-1])


@mutation("RGB and BGR confused", Side.BOTH)
def other_order() -> Change:
    return Change(pixels=_swapped)


@mutation("RGB and BGR confused, INT8 alone", Side.INT8)
def other_order_of_int8() -> Change:
    return Change(pixels=_swapped)


@mutation("mean off by grey levels", Side.BOTH, {"0.1": 0.1, "0.5": 0.5, "5": 5.0, "20": 20.0})
def mean_off(levels: float) -> Change:
    def tensor(made: Floats, spec: PreprocessSpec) -> Floats:
        return _affine(made, spec, 1, -levels * spec.scale / 255 / np.array(spec.std))

    return Change(tensor=tensor)


@mutation("std off, 127.5 for 128", Side.BOTH, {"0.4 %": 1.0039, "5 %": 1.05, "30 %": 1.3})
def std_off(factor: float) -> Change:
    return Change(tensor=lambda made, spec: _affine(made, spec, factor, 0))


@mutation("std off, INT8 alone", Side.INT8, {"0.4 %": 1.0039, "5 %": 1.05, "30 %": 1.3})
def std_off_of_int8(factor: float) -> Change:
    return Change(tensor=lambda made, spec: _affine(made, spec, factor, 0))


@mutation("scaled twice", Side.BOTH)
def scaled_twice() -> Change:
    return Change(tensor=lambda made, spec: _affine(made, spec, 1 / 255, 0))


@mutation("not scaled, 0 to 255", Side.BOTH)
def not_scaled() -> Change:
    return _renormalised((0.0,) * 3, (1.0,) * 3, 255.0)


@mutation("0 to 1 where -1 to 1 is meant", Side.BOTH)
def unit_range() -> Change:
    return _renormalised((0.0,) * 3, (1.0,) * 3, 1.0)


@mutation("ImageNet's mean and std", Side.BOTH)
def imagenet() -> Change:
    return _renormalised(*_IMAGENET, 1.0)


@mutation("mean and std of channels in the other order", Side.BOTH)
def mean_order() -> Change:
    def tensor(made: Floats, spec: PreprocessSpec) -> Floats:
        turned = _renormalised(spec.mean[::-1], spec.std[::-1], spec.scale)
        assert turned.tensor
        return turned.tensor(made, spec)

    return Change(tensor=tensor)


@mutation("prewhitened, each image by itself", Side.BOTH)
def prewhitened() -> Change:
    def tensor(made: Floats, _: PreprocessSpec) -> Floats:
        axes = (1, 2, 3)
        return (made - made.mean(axes, keepdims=True)) / made.std(axes, keepdims=True)

    return Change(tensor=tensor)


def _resized(how: int) -> Change:
    def pixels(image: Pixels, spec: PreprocessSpec) -> Pixels:
        if image.shape[:2] == (spec.height, spec.width):
            return image
        return np.asarray(cv2.resize(image, (spec.width, spec.height), interpolation=how))

    return Change(pixels=pixels)


@mutation("resized to the nearest pixel", Side.BOTH)
def nearest() -> Change:
    return _resized(cv2.INTER_NEAREST)


@mutation("resized by area", Side.BOTH)
def by_area() -> Change:
    return _resized(cv2.INTER_AREA)


@mutation("resized by cubics", Side.BOTH)
def by_cubics() -> Change:
    return _resized(cv2.INTER_CUBIC)


def _through(scale: float, how: int = cv2.INTER_LINEAR) -> Change:
    """Through another size and back, as a thumbnail."""

    def pixels(image: Pixels, _: PreprocessSpec) -> Pixels:
        height, width = image.shape[:2]
        small = cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=how)
        return np.asarray(cv2.resize(small, (width, height), interpolation=how))

    return Change(pixels=pixels)


@mutation("through a smaller size", Side.BOTH, {"0.9": 0.9, "0.5": 0.5, "0.25": 0.25})
def through_smaller(scale: float) -> Change:
    return _through(scale)


@mutation("transposed, rows for columns", Side.BOTH)
def transposed() -> Change:
    return Change(pixels=lambda image, _: np.ascontiguousarray(image.transpose(1, 0, 2)))


@mutation("upside down", Side.BOTH)
def upside_down() -> Change:
    return Change(pixels=lambda image, _: np.ascontiguousarray(image[::-1]))


@mutation("every image mirrored", Side.BOTH)
def mirrored() -> Change:
    return Change(pixels=lambda image, _: np.ascontiguousarray(image[:, ::-1]))


@mutation("channels last read as channels first", Side.BOTH)
def wrong_layout() -> Change:
    def tensor(made: Floats, spec: PreprocessSpec) -> Floats:
        last = made.transpose(0, 2, 3, 1) if spec.layout == "NCHW" else made
        return np.ascontiguousarray(np.ascontiguousarray(last).reshape(made.shape))

    return Change(tensor=tensor)


@mutation("grey in place of colour", Side.BOTH)
def grey() -> Change:
    def pixels(image: Pixels, _: PreprocessSpec) -> Pixels:
        return np.repeat(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2)

    return Change(pixels=pixels)


@mutation("gamma applied", Side.BOTH, {"1.02": 1.02, "1.1": 1.1, "2.2": 2.2})
def gamma(power: float) -> Change:
    table = (255 * (np.arange(256) / 255) ** power).round().astype(np.uint8)
    return Change(pixels=lambda image, _: table[image])


@mutation("histogram equalised", Side.BOTH)
def equalised() -> Change:
    def pixels(image: Pixels, _: PreprocessSpec) -> Pixels:
        luma = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)
        luma[..., 0] = cv2.equalizeHist(luma[..., 0])
        return np.asarray(cv2.cvtColor(luma, cv2.COLOR_YCrCb2BGR))

    return Change(pixels=pixels)


@mutation("pixels in steps, as from fewer bits", Side.BOTH, {"7 bits": 1, "6 bits": 2, "4 bits": 4})
def posterised(lost_bits: int) -> Change:
    mask = np.uint8(255 ^ ((1 << lost_bits) - 1))
    return Change(pixels=lambda image, _: image & mask)


@mutation("rounded to bytes once more, INT8 alone", Side.INT8)
def rounded_input() -> Change:
    def tensor(made: Floats, _: PreprocessSpec) -> Floats:
        least, most = float(made.min()), float(made.max())
        step = (most - least) / 127 or 1.0
        return (np.round((made - least) / step) * step + least).astype(np.float32)

    return Change(tensor=tensor)


@mutation("one channel is empty", Side.BOTH)
def empty_channel() -> Change:
    def pixels(image: Pixels, _: PreprocessSpec) -> Pixels:
        less = image.copy()
        less[..., 0] = 0
        return less

    return Change(pixels=pixels)


@mutation("a border of zeros", Side.BOTH, {"1 px": 1, "4 px": 4, "12 px": 12})
def border(width: int) -> Change:
    def pixels(image: Pixels, _: PreprocessSpec) -> Pixels:
        inner = image[width:-width, width:-width]
        return np.pad(inner, ((width, width), (width, width), (0, 0)))

    return Change(pixels=pixels)
