"""Folds of equal length."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from suite.catalog.folds import equal_folds


@given(st.integers(0, 500), st.integers(1, 30))
def test_folds_are_those_of_numpys_split(pairs: int, folds: int) -> None:
    split = np.array_split(np.arange(pairs), folds)
    assert equal_folds(pairs, folds) == tuple(len(part) for part in split)
