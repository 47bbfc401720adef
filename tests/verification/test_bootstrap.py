"""Resampled figures: exact where every weight is one, and those of repeated pairs where not."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suite.verification import bootstrap, ranked_pairs, unit_rows, verify
from suite.verification.all_pairs import all_pairs
from suite.verification.bootstrap import ResampledAllPairs, ResampledPairs, interval
from suite.verification.draws import ProductWeights, Units, draw, narrowed
from suite.verification.folds import THRESHOLDS
from suite.verification.near_pairs import NearPairs
from suite.verification.roc import Roc

FARS = (0.0, 0.01, 0.1, 0.3)


class GivenWeights:
    """Weights that a test chose, [pairs, draws]."""

    def __init__(self, weights):
        self._weights, self.draws = weights, weights.shape[1]

    def of(self, pairs, draws=None):
        return self._weights[pairs] if draws is None else self._weights[pairs[:, None], draws]


def once(count: int) -> GivenWeights:
    """Each of some pairs counted once, in one draw."""
    return GivenWeights(np.ones((count, 1), np.uint8))


@st.composite
def pairs(draw_: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    """Overlapping, separable or inverted classes; free distances, ties, or all equal."""
    count = draw_(st.integers(10, 80))
    seed = draw_(st.integers(0, 2**32))
    rng = np.random.default_rng(seed)
    genuine = rng.random(count) < draw_(st.sampled_from([0.2, 0.5, 0.8]))
    genuine[:2] = [True, False]
    shift = draw_(st.sampled_from([-3.0, 0.0, 0.5, 3.0]))
    distances = np.clip(rng.normal(2, 0.5, count) - shift * (genuine - 0.5), 0, 4)
    return np.round(distances, draw_(st.sampled_from([0, 1, 12]))), genuine, seed


@settings(max_examples=400, deadline=None)
@given(pairs())
def test_with_every_weight_one_each_figure_is_the_exact_one(given_pairs):
    distances, genuine, _ = given_pairs
    found = verify(distances, genuine)
    again = ResampledPairs(distances, genuine, once(len(genuine)))
    assert again.accuracy()[0] == pytest.approx(found.accuracy, abs=1e-12)
    assert again.auc()[0] == pytest.approx(found.roc_auc, abs=1e-12)
    assert again.eer()[0] == pytest.approx(found.eer, abs=1e-12)
    for point in found.tar_at_far:
        assert again.tar_at_far(point.far_target)[0] == pytest.approx(point.tar)
        assert again.tar_at(point.threshold)[0] == pytest.approx(point.tar)
        assert again.far_at(point.threshold)[0] == pytest.approx(point.far)


@settings(max_examples=400, deadline=None)
@given(pairs())
def test_a_weight_is_a_pair_repeated(given_pairs):
    distances, genuine, seed = given_pairs
    weights = np.random.default_rng(seed).integers(0, 4, len(genuine))
    weights[:2] = 1
    roc = Roc.of(np.repeat(distances, weights), np.repeat(genuine, weights))
    again = ResampledPairs(distances, genuine, GivenWeights(weights[:, None].astype(np.uint8)))
    assert again.auc()[0] == pytest.approx(roc.auc(), abs=1e-9)
    assert again.eer()[0] == pytest.approx(roc.equal_error_rate().eer, abs=1e-9)
    for threshold in (0.5, 1.0, 2.0):
        assert again.tar_at(threshold)[0] == pytest.approx(
            roc.true_accepts(threshold) / len(roc.genuine)
        )
    # Where the last impostors were not drawn, the largest threshold is beyond the drawn ones.
    for target in (0.01, 0.1, 0.3):
        assert again.tar_at_far(target)[0] >= roc.tar_at_far(target).tar - 1e-12


def test_a_pair_counts_as_often_as_its_people_were_drawn():
    units = Units.of_people([7, 7, 9], [7, 9, 11])
    weights = units.weights([[2, 1, 0], [3, 0, 0], [0, 2, 3]])
    assert units.people
    assert weights.of(np.arange(3)).tolist() == [[2, 1, 0], [4, 0, 0], [2, 1, 2]]
    assert weights.of(np.array([2, 1]), np.array([0, 2])).tolist() == [[2, 2], [4, 0]]


def test_of_all_pairs_a_pair_counts_as_often_as_the_product():
    drawn = np.array([[2, 1], [3, 0], [0, 2]], np.uint8)
    weights = ProductWeights(np.array([0, 0, 1]), np.array([0, 1, 2]), drawn)
    assert weights.of(np.arange(3)).tolist() == [[2, 1], [6, 0], [0, 0]]


@pytest.mark.parametrize("most", [15, 16, 255, 256])
def test_counts_are_as_narrow_as_their_products_allow(most):
    counts = narrowed([[most], [most]])
    assert (counts * counts).tolist() == [[most**2]] * 2
    assert counts.itemsize == {15: 1, 16: 2, 255: 2, 256: 4}[most]


def test_images_connected_by_genuine_pairs_are_one_unit():
    genuine = [True, True, True, False, False]
    units = Units.of_images([0, 2, 4, 5, 3], [1, 3, 1, 4, 9], genuine)
    assert not units.people
    # 0, 1 and 4 are one; 2 and 3; 5 and 9 stand alone.
    assert units.count == 4
    weights = units.weights([[2], [3], [5], [7]])
    assert weights.of(np.arange(5)).tolist() == [[2], [3], [2], [6], [9]]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 12), st.booleans()), min_size=1, max_size=20
    )
)
def test_connected_images_against_a_plain_search(edges):
    left, right, genuine = (list(side) for side in zip(*edges, strict=True))
    units = Units.of_images(left, right, genuine)

    def reachable(start: int) -> set[int]:
        seen = {start}
        while True:
            linked = (({a, b}) for a, b, same in edges if same and (a in seen or b in seen))
            more = seen.union(*linked)
            if more == seen:
                return seen
            seen = more

    images, numbers = [*left, *right], [*units.left, *units.right]
    for one, unit in zip(images, numbers, strict=True):
        for other, another in zip(images, numbers, strict=True):
            assert (unit == another) == (other in reachable(one))


def test_draws_are_the_same_every_time_and_draw_as_many_as_there_are():
    first = draw(50, 200, 3)
    assert first.shape == (50, 200)
    assert (first.sum(axis=0) == 50).all()
    assert (first == draw(50, 200, 3)).all()
    assert first.mean(axis=1) == pytest.approx(np.ones(50), abs=0.3)


@pytest.mark.parametrize("units", [1, 2, 7, 5000])
def test_draws_are_those_of_one_call_for_all(units):
    chosen = np.random.default_rng(5).integers(units, size=(150, units))
    wanted = [np.bincount(row, minlength=units).tolist() for row in chosen]
    assert draw(units, 150, 5).T.tolist() == wanted


def test_an_interval_is_of_the_middle_nineteen_twentieths():
    assert interval(np.arange(1001.0)).low == 25
    assert interval(np.arange(1001.0)).high == 975


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(3, 10))
def test_all_pairs_of_people_drawn_once_each_are_the_exact_ones(seed, people):
    rng = np.random.default_rng(seed)
    who = np.sort(np.concatenate([np.arange(people), rng.integers(people, size=30)]))
    rows = unit_rows(rng.normal(size=(people, 8))[who] + rng.normal(size=(len(who), 8)))
    rows = rows.astype(np.float32)
    targets = (0.01, 0.1, 0.5)
    found = all_pairs(rows, who, targets)
    drawn = np.tile([1, 2], (people, 1))  # drawing everybody twice changes no share
    again = ResampledAllPairs(pairs_within(rows, 5.0), who, drawn)
    for point, resampled in zip(found.tar_at_far, again.at_fars(targets), strict=True):
        assert resampled.tar == pytest.approx([point.tar] * 2)


@settings(max_examples=50, deadline=None)
@given(pairs(), st.integers(1, 9))
def test_folds_of_their_own_lengths_are_the_exact_ones_too(given_pairs, first):
    distances, genuine, _ = given_pairs
    folds = (first, len(genuine) - first)
    again = ResampledPairs(distances, genuine, once(len(genuine)), folds)
    found = verify(distances, genuine, folds=folds).accuracy
    assert again.accuracy()[0] == pytest.approx(found, abs=1e-12)


def pairs_within(rows, reach):
    left, right = np.triu_indices(len(rows), 1)
    distances = np.maximum(2 - 2 * (rows @ rows.T)[left, right], 0).astype(np.float32)
    near = NearPairs(distances, left.astype(np.int32), right.astype(np.int32))
    return near.only(distances <= reach)


def plainly(distances, genuine, weights, folds):
    """The figures of one draw by their definitions, from a weight before every pair."""
    weights = weights.astype(np.int64)

    def below(threshold, of_class):
        return weights[of_class & (distances < threshold)].sum()

    all_genuine, all_impostors = weights[genuine].sum(), weights[~genuine].sum()
    found = {}
    for target in FARS:
        allowed = target * all_impostors * (1 + 1e-12)
        within = [d for d in distances[~genuine] if below(d, ~genuine) <= allowed]
        found[target] = (below(max(within), genuine) / all_genuine, max(within))
    found["tar"] = below(1.9, genuine) / all_genuine
    found["far"] = below(1.9, ~genuine) / all_impostors
    gaps = []
    for threshold in np.unique(distances):
        rejected, false = all_genuine - below(threshold, genuine), below(threshold, ~genuine)
        gap = abs(false * all_genuine - rejected * all_impostors)
        gaps.append((gap, threshold, (false / all_impostors + rejected / all_genuine) / 2))
    found["eer"] = min(gaps)[2]
    worse = sum(
        weight * (below(d, ~genuine) + below(np.nextafter(d, 9), ~genuine))
        for d, weight in zip(distances[genuine], weights[genuine], strict=True)
    )
    found["auc"] = 1 - worse / 2 / (all_impostors * all_genuine)
    return found | {"accuracy": accuracy_plainly(distances, genuine, weights, folds)}


def accuracy_plainly(distances, genuine, weights, folds):
    right = (distances[:, None] < THRESHOLDS) == genuine[:, None]
    ends = np.cumsum(folds)
    fold_of = np.searchsorted(ends, np.arange(len(distances)), side="right")
    shares = []
    for fold in range(len(folds)):
        mine = fold_of == fold
        chosen = (weights[~mine, None] * right[~mine]).sum(axis=0).argmax()
        if weights[mine].sum():
            shares.append(weights[mine][right[mine, chosen]].sum() / weights[mine].sum())
    return np.mean(shares)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    pairs(),
    st.sampled_from([(np.uint8, 3), (np.uint8, 200), (np.uint16, 60_000)]),
    st.sampled_from([0.0, 0.5, 0.9]),
    st.integers(1, 40),
    st.integers(1, 9),
)
def test_every_draw_has_the_figures_of_the_definitions(
    monkeypatch, given_pairs, kind, left_out, least, tile
):
    distances, genuine, seed = given_pairs
    # Chunks and tiles of few pairs, for sets of a test are smaller than one.
    monkeypatch.setattr(ranked_pairs, "_LEAST", least)
    monkeypatch.setattr(ranked_pairs, "TILE", tile)
    monkeypatch.setattr(bootstrap, "TILE", tile)
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, kind[1], (len(genuine), 5)).astype(kind[0])
    weights *= rng.random(weights.shape) >= left_out
    weights[:2] = 1
    folds = (3, 3, len(genuine) - 6)
    again = ResampledPairs(distances, genuine, GivenWeights(weights), folds)
    points = dict(zip(FARS, again.at_fars(FARS), strict=True))
    tar, far, accuracy = again.tar_at(1.9), again.far_at(1.9), again.accuracy()
    eer, auc = again.eer(), again.auc()
    for draw_, mine in enumerate(weights.T):
        wanted = plainly(distances, genuine, mine, folds)
        for target, point in points.items():
            assert (point.tar[draw_], point.threshold[draw_]) == wanted[target]
        assert tar[draw_] == wanted["tar"]
        assert far[draw_] == wanted["far"]
        assert eer[draw_] == wanted["eer"]
        assert auc[draw_] == wanted["auc"]
        assert accuracy[draw_] == pytest.approx(wanted["accuracy"], abs=1e-15)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(3, 8), st.sampled_from([0.5, 2.0, 5.0]))
def test_all_pairs_of_drawn_people_are_those_of_the_definition(seed, people, reach):
    rng = np.random.default_rng(seed)
    who = rng.permutation(np.concatenate([np.arange(people), rng.integers(people, size=20)]))
    rows = unit_rows(rng.normal(size=(people, 8))[who] + rng.normal(size=(len(who), 8)))
    near = pairs_within(rows.astype(np.float32), reach)
    left, right = who[near.left], who[near.right]
    impostors = left != right
    if not impostors.any():
        return
    drawn = draw(people, 20, seed)
    again = ResampledAllPairs(near, who, drawn).at_fars(FARS)
    one, other = np.triu_indices(len(who), 1)
    for draw_, times in enumerate(drawn.T.astype(np.int64)):
        weights = np.where(impostors, times[left] * times[right], times[left])
        owners = who[one[who[one] == who[other]]]
        apart = who[one] != who[other]
        everyone = (times[who[one]] * times[who[other]])[apart].sum()

        def below(threshold, of_class, weights=weights):
            return weights[of_class & (near.distances < threshold)].sum()

        for target, point in zip(FARS, again, strict=True):
            kept = near.distances[impostors]
            threshold = max(d for d in kept if below(d, impostors) <= target * everyone)
            assert point.threshold[draw_] == threshold
            with np.errstate(invalid="ignore"):
                tar = below(threshold, ~impostors) / times[owners].sum()
            assert point.tar[draw_] == tar or (np.isnan(tar) and np.isnan(point.tar[draw_]))
