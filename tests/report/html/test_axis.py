"""Axes: places and marks."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from suite.report.html.axis import Axis, Scale, around

RATES = st.floats(1e-6, 0.999)


@given(RATES, RATES, RATES)
def test_a_deviate_axis_is_even_in_normal_deviates(low: float, high: float, value: float) -> None:
    low, value, high = sorted([low, value, high])
    if high - low < 1e-6:
        return
    expected = (norm.ppf(value) - norm.ppf(low)) / (norm.ppf(high) - norm.ppf(low))
    assert Axis(low, high, Scale.DEVIATE).at(value) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("scale", Scale)
@given(RATES, RATES)
def test_marks_ascend_apart_and_within(scale: Scale, one: float, other: float) -> None:
    low, high = sorted([one, other])
    if high / low < 1.001:
        return
    places = [place for place, _ in Axis(low, high, scale).ticks]
    assert all(-1e-6 <= place <= 1 + 1e-6 for place in places)
    assert all(now - before > 0.1 for before, now in pairwise(places))


@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e4))
def test_marks_of_an_even_axis_say_what_lies_there(low: float, width: float) -> None:
    axis = Axis(low, low + width)
    ticks = axis.ticks
    assert ticks
    for place, words in ticks:
        assert low + place * width == pytest.approx(float(words.replace(",", "")), abs=width / 100)


def test_what_is_beyond_an_end_lies_on_it() -> None:
    axis = Axis(1e-4, 0.5, Scale.DEVIATE)
    assert (axis.at(0.0), axis.at(1.0)) == (0.0, 1.0)


def test_marks_of_rates_are_those_of_the_field() -> None:
    words = [said for _, said in Axis(1e-5, 0.5, Scale.DEVIATE).ticks]
    assert words[:3] == ["1e-5", "1e-4", "0.001"]
    assert "0.5" in words


@pytest.mark.parametrize("values", [[], [3.0], [0.0], [2.0, 2.0], [1.0, 5.0]])
def test_an_axis_around_values_has_room_on_both_sides(values: list[float]) -> None:
    axis = around(values)
    assert axis.low < axis.high
    assert all(0 < axis.at(value) < 1 for value in values)
