"""Ratios of norms, and rank correlation, against SciPy and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from suite.verification.errors import VerificationError
from suite.verification.norms import norm_ratio, rank_correlation

# Few distinct values, so that ties are the rule.
TIED = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=30)


@settings(deadline=None)
@given(TIED)
def test_rank_correlation_is_scipys(pairs: list[tuple[int, int]]) -> None:
    one, other = map(np.array, zip(*pairs, strict=True))
    found = rank_correlation(one, other)
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        assert found == 0.0
    else:
        assert found == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 100))
def test_ranks_see_order_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.uniform(0.1, 9, (2, 40))
    found = rank_correlation(one, other)
    assert rank_correlation(np.exp(one), other**3) == pytest.approx(found)
    assert rank_correlation(one, -other) == pytest.approx(-found)
    assert rank_correlation(one, np.exp(one)) == pytest.approx(1.0)


def test_ratios_are_of_each_image() -> None:
    before = np.arange(1.0, 102.0)
    after = before * np.linspace(0.9, 1.1, 101)
    found = norm_ratio(before, after)
    # Of 101 ratios in equal steps the second lowest and the second highest.
    assert (found.mean, found.low, found.high) == pytest.approx((1.0, 0.902, 1.098))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ([], [], "no norms"),
        ([1.0, 0.0], [1.0, 0.0], "1 of 2 norms"),
        ([1.0, 1.0], [np.inf, np.nan], "2 of 2 norms"),
    ],
)
def test_what_has_no_ratio_is_refused(before: list[float], after: list[float], words: str) -> None:
    with pytest.raises(VerificationError, match=words):
        norm_ratio(before, after)
