"""Cosine similarity between the embeddings of two models."""

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.verification import FidelityFigures, VerificationError, cosines, fidelity
from suite.verification.fidelity import angles, by_tenth, worst_group


def embeddings(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((300, 128)).astype(np.float32)


def test_equal_embeddings_are_exactly_faithful():
    assert fidelity(embeddings(0), embeddings(0)) == FidelityFigures(1.0, 1.0, 1.0)


def test_fidelity_by_hand():
    reference = [[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]
    candidate = [[5.0, 0.0], [3.0, 4.0], [0.6, 0.8]]
    figures = fidelity(reference, candidate)
    assert figures.cosine_mean == pytest.approx((1 + 0.8 + 0.6) / 3)
    # A fiftieth of the way from the lowest of three to the next.
    assert figures.cosine_1st_percentile == pytest.approx(0.6 + 0.02 * 0.2)
    assert figures.cosine_worst == 0.6


def test_mean_and_worst_are_those_of_the_cosines():
    similar = embeddings(0) + embeddings(1) * 0.1
    similarities = cosines(embeddings(0), similar)
    figures = fidelity(embeddings(0), similar)
    assert figures.cosine_mean == similarities.mean()
    assert figures.cosine_worst == similarities.min()


def test_length_of_embeddings_does_not_matter():
    reference, candidate = embeddings(0), embeddings(1)
    assert fidelity(reference * 8, candidate / 2) == fidelity(reference, candidate)


def test_an_embedding_that_vanished_is_not_faithful():
    reference, candidate = embeddings(0), embeddings(0)
    candidate[[40, 17, 250]] = 0
    assert fidelity(reference, candidate).cosine_worst == 0.0


@pytest.mark.parametrize("broken", [np.nan, np.inf])
@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_broken_embeddings_are_counted_and_their_side_is_named(side, broken):
    sides = {"reference": embeddings(0), "candidate": embeddings(1)}
    sides[side][[5, 200], 3] = broken
    with pytest.raises(VerificationError) as caught:
        fidelity(**sides)
    assert str(caught.value) == (
        f"NaN in 2 of 300 cosines (first at row 5): the {side} model gives no usable embedding "
        f"for that image."
    )


def test_no_embeddings_are_refused():
    with pytest.raises(VerificationError, match=r"^There are no embeddings to compare\.$"):
        fidelity(np.empty((0, 4)), np.empty((0, 4)))


def test_embeddings_of_different_models_are_refused_with_both_shapes():
    with pytest.raises(VerificationError, match=r"not \(300, 128\) and \(300, 64\)\."):
        fidelity(embeddings(0), embeddings(1)[:, :64])


@given(st.integers(0, 200), st.floats(0.01, 179.9))
@settings(deadline=None)
def test_an_angle_is_the_one_by_which_a_vector_was_turned(seed: int, degrees: float) -> None:
    rng = np.random.default_rng(seed)
    one, side = np.linalg.qr(rng.standard_normal((8, 2)))[0].T
    other = np.cos(np.radians(degrees)) * one + np.sin(np.radians(degrees)) * side
    assert angles([one], [other])[0] == pytest.approx(degrees, rel=1e-9)


def test_an_embedding_of_zeros_lies_at_right_angles() -> None:
    assert angles([[1.0, 0.0], [0.6, 0.8]], [[0.0, 0.0], [0.6, 0.8]]).tolist() == [90.0, 0.0]


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(-1, 1)), min_size=1, max_size=30))
@settings(deadline=None)
def test_the_worst_group_is_the_lowest_mean(pairs: list[tuple[int, float]]) -> None:
    groups: dict[int, list[float]] = {}
    for group, value in pairs:
        groups.setdefault(group, []).append(value)
    expected = min(statistics.fmean(values) for values in groups.values())
    found = worst_group([value for _, value in pairs], [group for group, _ in pairs])
    assert found == pytest.approx(expected, abs=1e-12)


@given(st.integers(10, 57), st.integers(0, 50))
@settings(deadline=None)
def test_tenths_are_of_the_sorted_images_and_have_all_of_them(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, order = rng.uniform(-1, 1, count), rng.permutation(count)
    found = by_tenth(values, order)
    ranked = [value for _, value in sorted(zip(order, values, strict=True))]
    sizes = [count // 10 + (place < count % 10) for place in range(10)]
    ends = [sum(sizes[: place + 1]) for place in range(10)]
    expected = [statistics.fmean(ranked[end - n : end]) for n, end in zip(sizes, ends, strict=True)]
    assert found == pytest.approx(expected)
