"""Rows that tell nobody apart."""

import numpy as np
import pytest

from suite.verification.collapse import repeated_rows, zero_rows


def unit(count: int, width: int = 64) -> np.ndarray:
    rows = np.random.default_rng(1).standard_normal((count, width))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_rows_of_zeros_are_no_ones_equal() -> None:
    rows = unit(6)
    rows[[1, 4]] = 0
    assert zero_rows(rows).tolist() == [False, True, False, False, True, False]
    assert not repeated_rows(rows).any()


@pytest.mark.parametrize("noise", [0.0, 2e-7])
def test_equal_rows_are_found_wherever_they_stand(noise: float) -> None:
    rows = unit(500)
    for index in (250, 499):
        rows[index] = rows[3] * np.float32(1 + noise)
    rows[400] = rows[17]
    assert np.flatnonzero(repeated_rows(rows)).tolist() == [3, 17, 250, 400, 499]


def test_near_rows_are_not_equal() -> None:
    rows = np.repeat(unit(1), 50, axis=0)
    rows += np.random.default_rng(2).standard_normal(rows.shape).astype(np.float32) * 1e-4
    assert not repeated_rows(rows).any()


def test_broken_rows_equal_none() -> None:
    rows = unit(4)
    rows[[0, 2]] = np.nan
    assert not repeated_rows(rows).any()
    assert not repeated_rows(rows[:1]).any()
    assert not repeated_rows(rows[:0]).any()
