"""Scales, zero points and integers: figures worked by hand, and the laws that kernels rely on."""

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.quantization.ranges.range import Range
from suite.quantization.steps.scales import (
    Bounds,
    activation_scale,
    quantized_bias,
    quantized_weights,
    weight_scales,
)

FLOATS = st.floats(-1e6, 1e6, width=32)


@pytest.mark.parametrize(
    ("values", "scale", "zero_point"),
    [
        (Range(0, 2.55), 0.01, 0),
        (Range(-1.28, 1.27), 0.01, 128),
        (Range(1, 2.55), 0.01, 0),
        (Range(-2.55, -1), 0.01, 255),
        (Range(-0.5, 2.05), 0.01, 50),
        (Range(0, 0), 1, 0),
    ],
)
def test_a_range_is_spread_over_eight_bits(values: Range, scale: float, zero_point: int) -> None:
    found = activation_scale(values)
    assert found.scale == np.float32(scale)
    assert found.zero_point == zero_point


@pytest.mark.parametrize(
    ("values", "bounds", "scale", "zero_point"),
    [
        # What lies below a Relu's 0 says nothing of what comes out of it.
        (Range(-1, 2.55), (0, inf), 0.01, 0),
        (Range(0, 10.2), (0, 5.1), 0.02, 0),
        (Range(0, 0), (0, 5.1), 0.02, 0),
        (Range(0, 0), (-5.1, 0), 0.02, 255),
        # 2 / 255 and 128 would stand for −1.004.
        (Range(-1, 1), (-1, 1), 1 / 128, 128),
    ],
)
def test_bounds_are_kept(values: Range, bounds: Bounds, scale: float, zero_point: int) -> None:
    found = activation_scale(values, bounds)
    assert found.scale == pytest.approx(scale, rel=2e-7)
    assert found.zero_point == zero_point


@given(FLOATS, FLOATS, st.floats(2**-7, 1e6, width=32), st.floats(0, 1e6, width=32))
def test_zero_is_exact_and_nothing_stands_for_what_is_out_of_bounds(
    a: float, b: float, most: float, least: float
) -> None:
    values = Range(min(a, b), max(a, b))
    found = activation_scale(values)
    zero, scale = int(found.zero_point), float(found.scale)
    assert found.quantized(np.zeros(1)) == zero
    whole = values.with_zero()
    if whole.high - whole.low > 1e-30:
        assert -zero * scale == pytest.approx(whole.low, abs=0.51 * scale)
        assert (255 - zero) * scale == pytest.approx(whole.high, abs=0.51 * scale)
    bounded = activation_scale(values, (-least, most))
    zero = int(bounded.zero_point)
    assert bounded.scale > 0
    assert bounded.scale * np.float32(-zero) >= -least
    assert bounded.scale * np.float32(255 - zero) <= most


def test_weights_have_a_scale_for_each_output_channel() -> None:
    weights = np.float32([[1.27, -0.5], [0, 0], [0.1, -12.7]])
    scales = weight_scales(weights, 0, 127)
    np.testing.assert_allclose(scales, [0.01, 1, 0.1], rtol=1e-6)
    assert quantized_weights(weights, 0, scales, 127).tolist() == [[127, -50], [0, 0], [1, -127]]
    turned = quantized_weights(weights.T, 1, weight_scales(weights.T, 1, 127), 127)
    assert turned.T.tolist() == [[127, -50], [0, 0], [1, -127]]
    reduced = quantized_weights(weights, 0, weight_scales(weights, 0, 64), 64)
    assert reduced.tolist() == [[64, -25], [0, 0], [1, -64]]


@pytest.mark.parametrize(
    ("weight", "bias"), [(1e-9, 1.0), (0.0, 1.0), (1e-12, -300.0), (0.0, 0.0), (1e-40, 0.0)]
)
def test_a_bias_fits_whatever_the_weights(weight: float, bias: float) -> None:
    # Gamma of a folded BatchNormalization is often as good as 0; its beta is not.
    weights, step = np.float32([[weight], [0.5]]), 0.02
    both = np.array([bias, 0.25])
    scales = weight_scales(weights, 0, 127, both, step)
    products = np.float32(step) * scales
    assert np.isfinite(products).all() and (products > 0).all()
    integers = quantized_bias(both, products)
    assert np.abs(integers.astype(np.int64)).max() <= 2**30 + 100
    np.testing.assert_allclose(integers * products.astype(float), both, rtol=1e-4)


@given(
    st.lists(st.floats(-1e4, 1e4, width=32), min_size=6, max_size=6),
    st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3),
    st.floats(1e-5, 1e2),
    st.sampled_from([64, 127]),
)
def test_integers_stand_for_weights_and_biases_within_half_a_step(
    values: list[float], biases: list[float], step: float, largest: int
) -> None:
    weights = np.float32(values).reshape(3, 2)
    bias = np.array(biases)
    scales = weight_scales(weights, 0, largest, bias, step)
    integers = quantized_weights(weights, 0, scales, largest)
    assert np.abs(integers.astype(int)).max() <= largest
    lost = np.abs(integers * scales[:, None].astype(float) - weights)
    assert (lost <= 0.5001 * scales[:, None]).all()
    products = np.float32(step) * scales
    assert (np.abs(quantized_bias(bias, products) * products - bias) <= 0.5001 * products).all()
