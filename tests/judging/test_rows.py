"""Samples held against accepted ones: by distance, or by distance over a vector's length."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.catalog.figures import FIGURES
from suite.judging.outcome import Outcome
from suite.judging.rows import samples_row

ROW = FIGURES["raw_embedding"].row
# Of two inputs, none of zeros.
VALUES = st.integers(0, 1000).map(
    lambda seed: np.random.default_rng(seed).uniform(-100, 100, 2 * ROW).tolist()
)


def test_of_several_inputs_the_one_that_moved_farthest_counts() -> None:
    accepted = (*([3.0, 4.0] + [0.0] * (ROW - 2)), *([1.0] + [0.0] * (ROW - 1)))
    moved = (*([3.0, 4.5] + [0.0] * (ROW - 2)), *([1.25] + [0.0] * (ROW - 1)))
    row = samples_row("raw_embedding", moved, accepted, 0.2)
    # 0.5 of a length of 5, and 0.25 of one of 1.
    assert row.difference == pytest.approx(0.25)
    assert row.outcome is Outcome.FAIL
    assert samples_row("raw_embedding", moved, accepted, 0.25).outcome is Outcome.PASS


@settings(deadline=None)
@given(VALUES, st.floats(1e-3, 1e3))
def test_the_unit_of_the_embedding_is_no_matter(values: list[float], unit: float) -> None:
    now = tuple(value * 1.01 + 0.1 for value in values)
    rows = np.reshape(values, (2, ROW)), np.reshape(now, (2, ROW))
    apart = np.linalg.norm(rows[1] - rows[0], axis=1) / np.linalg.norm(rows[0], axis=1)
    scaled = samples_row(
        "raw_embedding", tuple(v * unit for v in now), tuple(v * unit for v in values), 1.0
    )
    assert scaled.difference == pytest.approx(apart.max(), rel=1e-9)


@settings(deadline=None)
@given(VALUES, st.sampled_from([2.0, 1e-4]))
def test_another_length_moves_it_by_the_factor(values: list[float], factor: float) -> None:
    now = tuple(value * factor for value in values)
    row = samples_row("raw_embedding", now, tuple(values), 0.1)
    assert row.difference == pytest.approx(abs(factor - 1))
    assert row.outcome is Outcome.FAIL


def test_what_was_zero_must_stay_so_and_lengths_must_agree() -> None:
    zeros = (0.0,) * ROW
    assert samples_row("raw_embedding", zeros, zeros, 0.1).outcome is Outcome.PASS
    moved = samples_row("raw_embedding", (1e-9, *zeros[1:]), zeros, 0.1)
    assert (moved.outcome, moved.difference) == (Outcome.FAIL, None)
    assert samples_row("raw_embedding", zeros[1:], zeros, 0.1).outcome is Outcome.FAIL
    broken = samples_row("raw_embedding", (math.nan, *zeros[1:]), (1.0, *zeros[1:]), 0.1)
    assert broken.outcome is Outcome.FAIL


def test_other_samples_are_held_by_the_distance_itself() -> None:
    row = samples_row("tensor", (0.5, 1.0), (0.5, 1.25), 0.25)
    assert (row.difference, row.outcome) == (0.25, Outcome.PASS)
