"""TAR at a FAR, area under the curve, equal error rate."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from suite.verification import EqualErrorRate, Roc, TarAtFar, VerificationError


def tar_at_far(distances, genuine, target: float) -> TarAtFar:
    return Roc.of(distances, genuine).tar_at_far(target)


def roc_auc(distances, genuine) -> float:
    return Roc.of(distances, genuine).auc()


def equal_error_rate(distances, genuine) -> EqualErrorRate:
    return Roc.of(distances, genuine).equal_error_rate()


TARGETS = st.sampled_from([0.0, 1e-4, 1e-3, 0.01, 0.1, 0.25, 0.3, 0.5, 0.75, 0.999])


@st.composite
def labelled_distances(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping, separable or inverted classes; free distances, ties, or all equal."""
    count = draw(st.integers(2, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    genuine = rng.random(count) < draw(st.sampled_from([0.05, 0.5, 0.9]))
    genuine[rng.permutation(count)[:2]] = [True, False]
    shift = draw(st.sampled_from([-3.0, 0.0, 0.5, 3.0]))
    distances = rng.normal(2, 0.5, count) - shift * (genuine - 0.5)
    decimals = draw(st.sampled_from([0, 1, 15]))
    scale = draw(st.sampled_from([0.0, 1.0, 1.0]))
    return np.round(distances, decimals) * scale, genuine


def operating_points(distances, genuine):
    """All (threshold, FAR, TAR) that accepting d < threshold can give, as exact fractions."""
    thresholds = [*sorted(set(distances.tolist())), np.inf]
    near = [distances < t for t in thresholds]
    impostors, genuines = int((~genuine).sum()), int(genuine.sum())
    return [
        (
            t,
            Fraction(int((n & ~genuine).sum()), impostors),
            Fraction(int((n & genuine).sum()), genuines),
        )
        for t, n in zip(thresholds, near, strict=True)
    ]


@settings(deadline=None, max_examples=200)
@given(labelled_distances(), TARGETS)
def test_tar_is_the_best_of_all_operating_points_within_the_target(case, target):
    points = operating_points(*case)
    best = max(tar for _, far, tar in points if float(far) <= target)
    result = tar_at_far(*case, target)
    assert result.tar == float(best)
    assert result.far <= target


@settings(deadline=None)
@given(labelled_distances(), TARGETS)
def test_accepting_below_the_threshold_gives_tar_and_far_back(case, target):
    distances, genuine = case
    result = tar_at_far(distances, genuine, target)
    accepted = distances < result.threshold
    assert result.tar == accepted[genuine].mean()
    assert result.far == accepted[~genuine].mean()
    assert result.false_accepts == np.count_nonzero(accepted & ~genuine)
    assert (result.genuine, result.impostors) == (genuine.sum(), (~genuine).sum())
    assert result.far_target == target


@settings(deadline=None)
@given(labelled_distances(), TARGETS)
def test_any_larger_threshold_exceeds_the_target(case, target):
    distances, genuine = case
    larger = np.nextafter(tar_at_far(*case, target).threshold, np.inf)
    assert (distances[~genuine] < larger).mean() > target


@settings(deadline=None)
@given(labelled_distances(), TARGETS)
def test_tar_lies_on_the_curve_of_scikit_learn(case, target):
    distances, genuine = case
    fars, tars, _ = roc_curve(genuine, -distances, drop_intermediate=False)
    assert tar_at_far(distances, genuine, target).tar == tars[fars <= target].max()


@given(labelled_distances(), TARGETS, TARGETS)
def test_a_laxer_target_never_gives_a_lower_tar(case, one, other):
    strict, lax = (tar_at_far(*case, target) for target in sorted([one, other]))
    assert strict.tar <= lax.tar
    assert strict.threshold <= lax.threshold


@pytest.mark.parametrize(
    ("impostors", "target", "allowed"),
    [
        (3000, 1e-3, 3),
        (2999, 1e-3, 2),
        (3000, 1e-4, 0),
        (10_000, 1e-4, 1),
        (29_000, 1e-3, 29),
        (100, 0.29, 29),
        (100, 0.57, 57),
        (43_500, 1e-4, 4),
        (3, 1 / 3, 1),
        (10, 0.3, 3),
        (2, 0.99, 1),
    ],
)
def test_a_target_that_is_a_whole_number_of_impostors_admits_them_all(impostors, target, allowed):
    distances = np.concatenate([[0.0], np.arange(1, impostors + 1)])
    result = tar_at_far(distances, np.arange(impostors + 1) == 0, target)
    assert result.false_accepts == allowed
    assert result.far == allowed / impostors


@given(st.integers(1, 10_000), st.data())
def test_every_decimal_share_admits_exactly_its_count(impostors, data):
    allowed = data.draw(st.integers(0, impostors - 1))
    distances = np.arange(impostors + 1)
    result = tar_at_far(distances, distances == 0, allowed / impostors)
    assert result.false_accepts == allowed


def test_tar_by_hand_as_users_report_it():
    # 2,357 of 3,000 genuine pairs nearer than the fourth nearest impostor: 0.7857.
    genuine_distances = np.concatenate([np.full(2357, 0.5), np.full(643, 1.9)])
    impostor_distances = np.concatenate([[0.4, 0.6, 1.0], np.linspace(1.5, 2.5, 2997)])
    distances = np.concatenate([genuine_distances, impostor_distances])
    result = tar_at_far(distances, np.arange(6000) < 3000, 1e-3)
    assert round(result.tar, 4) == 0.7857
    assert (result.threshold, result.false_accepts, result.far) == (1.5, 3, 1e-3)


def test_impostors_tied_across_the_target_are_rejected_together():
    distances = np.array([0.1, 0.5, 0.7, 0.5, 0.5, 0.9, 1.0])
    genuine = np.array([True, True, True, False, False, False, False])
    result = tar_at_far(distances, genuine, 0.25)
    assert (result.threshold, result.false_accepts) == (0.5, 0)
    assert result.tar == 1 / 3
    assert tar_at_far(distances, genuine, 0.5).tar == 1.0


def test_inseparable_pairs_have_tar_zero():
    result = tar_at_far([1.0, 1.0, 1.0, 1.0], [True, True, False, False], 0.5)
    assert (result.tar, result.far, result.threshold) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("target", [-0.1, 1.0, 1.5, float("nan"), float("inf")])
def test_a_target_that_is_no_rate_is_refused(target):
    with pytest.raises(VerificationError) as caught:
        tar_at_far([0.1, 1.0], [True, False], target)
    assert str(caught.value) == f"A FAR target is at least 0 and less than 1, not {target!r}."


@settings(deadline=None, max_examples=200)
@given(labelled_distances())
def test_auc_agrees_with_scikit_learn(case):
    distances, genuine = case
    expected = roc_auc_score(genuine, -distances)
    assert roc_auc(distances, genuine) == pytest.approx(expected, abs=1e-12)


@given(labelled_distances())
def test_auc_is_the_share_of_comparisons_won_with_ties_counted_half(case):
    distances, genuine = case
    lead = np.subtract.outer(distances[~genuine], distances[genuine])
    won = Fraction(2 * int((lead > 0).sum()) + int((lead == 0).sum()), 2 * lead.size)
    assert roc_auc(distances, genuine) == float(won)


@given(labelled_distances())
def test_auc_of_the_reversed_order_is_the_complement(case):
    distances, genuine = case
    backwards = roc_auc(-distances, genuine)
    assert roc_auc(distances, genuine) + backwards == pytest.approx(1, abs=1e-15)
    assert roc_auc(distances, ~genuine) == backwards


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        ([0.1, 0.2, 0.8, 0.9], 1.0),
        ([0.8, 0.9, 0.1, 0.2], 0.0),
        ([0.5, 0.5, 0.5, 0.5], 0.5),
        ([0.2, 0.5, 0.5, 0.9], 0.875),
        ([0.1, 0.6, 0.5, 0.9], 0.75),
    ],
)
def test_auc_by_hand(distances, expected):
    assert roc_auc(distances, [True, True, False, False]) == expected


@settings(deadline=None, max_examples=200)
@given(labelled_distances())
def test_eer_is_at_the_operating_point_of_the_least_gap(case):
    least = min(
        (abs(far - (1 - tar)), threshold, (far + 1 - tar) / 2)
        for threshold, far, tar in operating_points(*case)
    )
    result = equal_error_rate(*case)
    assert result.threshold == least[1]
    assert result.eer == pytest.approx(float(least[2]), abs=1e-15)


@settings(deadline=None)
@given(labelled_distances())
def test_accepting_below_the_threshold_gives_the_eer_back(case):
    distances, genuine = case
    result = equal_error_rate(distances, genuine)
    accepted = distances < result.threshold
    rates = accepted[~genuine].mean(), (~accepted)[genuine].mean()
    assert result.eer == pytest.approx(np.mean(rates), abs=1e-15)


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        ([0.1, 0.3, 0.6, 1.0], EqualErrorRate(0.0, 0.6)),
        ([0.1, 0.6, 0.3, 1.0], EqualErrorRate(0.5, 0.6)),
        ([0.6, 1.0, 0.1, 0.3], EqualErrorRate(1.0, 0.6)),
        ([0.5, 0.5, 0.5, 0.5], EqualErrorRate(0.5, 0.5)),
    ],
)
def test_eer_by_hand(distances, expected):
    assert equal_error_rate(distances, [True, True, False, False]) == expected


def test_of_two_equally_near_points_the_lower_threshold_is_taken():
    # Below 0.5: FMR 0, FNMR 1/2. Below 0.6: FMR 1/2, FNMR 0. Both gaps are 1/2.
    result = equal_error_rate([0.1, 0.5, 0.5, 0.6], [True, True, False, False])
    assert result == EqualErrorRate(0.25, 0.5)


@given(labelled_distances(), TARGETS)
def test_the_order_of_pairs_does_not_matter(case, target):
    distances, genuine = case
    order = np.random.default_rng(0).permutation(len(distances))
    shuffled = distances[order], genuine[order]
    assert tar_at_far(*shuffled, target) == tar_at_far(*case, target)
    assert roc_auc(*shuffled) == roc_auc(*case)
    assert equal_error_rate(*shuffled) == equal_error_rate(*case)


@given(labelled_distances(), TARGETS)
def test_only_the_order_of_distances_matters_for_the_rates(case, target):
    distances, genuine = case
    stretched = np.unique(distances, return_inverse=True)[1] * 2.0 + 1
    one, other = tar_at_far(*case, target), tar_at_far(stretched, genuine, target)
    assert (one.tar, one.far) == (other.tar, other.far)
    assert roc_auc(*case) == roc_auc(stretched, genuine)
    assert equal_error_rate(*case).eer == equal_error_rate(stretched, genuine).eer


@given(labelled_distances())
def test_every_pair_twice_changes_no_rate(case):
    twice = tuple(np.repeat(values, 2) for values in case)
    assert roc_auc(*twice) == roc_auc(*case)
    assert equal_error_rate(*twice) == equal_error_rate(*case)


def test_eer_agrees_with_the_crossing_of_scikit_learns_curve():
    rng = np.random.default_rng(1)
    genuine = rng.random(20_000) < 0.5
    distances = rng.normal(np.where(genuine, 1.0, 1.6), 0.3)
    fars, tars, _ = roc_curve(genuine, -distances, drop_intermediate=False)
    nearest = np.argmin(np.abs(fars - (1 - tars)))
    expected = (fars[nearest] + 1 - tars[nearest]) / 2
    assert equal_error_rate(distances, genuine).eer == pytest.approx(expected, abs=1e-15)
