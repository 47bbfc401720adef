"""The numbers of a quantized network: scales, zero points, and weights and biases as integers."""

from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
import numpy.typing as npt

from suite.quantization.ranges.range import Range

_LEVELS = 255
# Largest weights: of 8 bits, and of 7 where sums of two products have to fit into 16 bits, which
# x86 adds without VNNI (255 · 64 · 2 = 32,640 < 2^15).
LARGEST, LARGEST_REDUCED = 127, 64
# What a bias may be as an integer, so that it and a sum of products fit into 32 bits.
_LARGEST_BIAS = 1 << 30
_TINY = float(np.finfo(np.float32).tiny)
Bounds = tuple[float, float]
UNBOUNDED: Bounds = (-inf, inf)


@dataclass(frozen=True)
class Scale:
    """How a tensor of uint8 stands for one of floats: x = scale · (q − zero_point)."""

    scale: np.float32
    zero_point: np.uint8

    def quantized(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
        """The nearest integers, to even between two, clipped to 0 … 255 (ONNX, QuantizeLinear)."""
        steps = np.rint(values / self.scale) + self.zero_point
        return np.asarray(np.clip(steps, 0, _LEVELS), np.uint8)


def activation_scale(values: Range, bounds: Bounds = UNBOUNDED) -> Scale:
    """The scale and zero point that spread 0 … 255 over a range, with 0 in it and exact.

    scale = (high − low) / 255, zero point = round(−low / scale), after Jacob et al. (2018),
    Quantization and Training of Neural Networks, section 2.

    Parameters
    ----------
    bounds : what an activation clips the values to, with 0 between them. All that the integers
        stand for is kept within: only so can an integer kernel do without the activation.
    """
    least, most = bounds
    whole = values.with_zero()
    low, high = max(whole.low, least), min(whole.high, most)
    if (high - low) / _LEVELS < _TINY:
        # Nothing but zeros was seen, which any scale gives.
        low, high = max(least, -255.0) if most <= 0 else 0.0, min(most, 255.0)
    scale = (high - low) / _LEVELS
    zero = min(max(round(-low / scale), 0), _LEVELS)
    return Scale(_within(scale, zero, bounds), np.uint8(zero))


def _within(scale: float, zero: int, bounds: Bounds) -> np.float32:
    """A scale, lessened until no integer stands for what lies outside the bounds."""
    least, most = bounds
    if zero > 0 and isfinite(least):
        scale = min(scale, -least / zero)
    if zero < _LEVELS and isfinite(most):
        scale = min(scale, most / (_LEVELS - zero))
    found: np.float32 = np.float32(scale)
    # onnxruntime compares products of float32.
    while found * np.float32(-zero) < least or found * np.float32(_LEVELS - zero) > most:
        found = np.nextafter(found, np.float32(0))
    return found


def weight_scales(
    weights: npt.NDArray[np.floating],
    axis: int,
    largest: int,
    bias: npt.NDArray[np.float64] | None = None,
    data_scale: float = 1.0,
) -> npt.NDArray[np.float32]:
    """The scale of each output channel: max|W_c| / largest, and so large that the bias fits.

    A bias is an integer of scale data_scale · weight_scale; of weights that are tiny beside it, as
    of a folded BatchNorm of a dead channel, it would not fit into 32 bits. So each scale is at
    least |b_c| / (data_scale · 2^30). Channels of zeros get 1.

    Parameters
    ----------
    axis : that of the output channels, of n
    bias : float64 [n]

    Returns
    -------
    float32 [n], all positive
    """
    others = tuple(i for i in range(weights.ndim) if i != axis)
    scales = np.abs(weights).max(axis=others).astype(np.float64) / largest
    if bias is not None:
        scales = np.maximum(scales, np.abs(bias) / (data_scale * _LARGEST_BIAS))
    scales[scales * min(data_scale, 1.0) < _TINY] = 1.0
    return np.asarray(scales, np.float32)


def quantized_weights(
    weights: npt.NDArray[np.floating], axis: int, scales: npt.NDArray[np.float32], largest: int
) -> npt.NDArray[np.int8]:
    """Weights as integers −largest … largest, rounded to nearest, a scale per output channel."""
    along = [1] * weights.ndim
    along[axis] = -1
    steps = np.rint(weights / scales.reshape(along).astype(np.float64))
    return np.clip(steps, -largest, largest).astype(np.int8)


def quantized_bias(
    bias: npt.NDArray[np.float64], scales: npt.NDArray[np.float32]
) -> npt.NDArray[np.int32]:
    """A bias as integers; ``scales`` are those of the products, data's times weights'."""
    return np.rint(bias / scales.astype(np.float64)).astype(np.int32)
