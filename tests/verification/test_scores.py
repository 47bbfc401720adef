"""Scores of pairs: unit rows, squared distances, cosines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import normalize

from suite.verification import VerificationError, cosines, squared_distances, unit_rows
from suite.verification.scores import pair_distances


@st.composite
def embedding_pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    shape = draw(st.integers(0, 200)), draw(st.integers(1, 70))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    left, right = rng.standard_normal((2, *shape)).astype(dtype)
    return left, right


@given(embedding_pairs())
def test_unit_rows_have_length_one_and_keep_their_dtype(pair):
    rows = unit_rows(pair[0])
    assert rows.dtype == pair[0].dtype
    np.testing.assert_allclose(np.linalg.norm(rows.astype(float), axis=1), 1, rtol=1e-6)


@given(embedding_pairs())
def test_unit_rows_agree_with_scikit_learn(pair):
    if len(pair[0]):
        np.testing.assert_allclose(unit_rows(pair[0]), normalize(pair[0]), rtol=1e-5, atol=1e-7)


def test_zero_row_stays_zero():
    assert unit_rows(np.zeros((2, 3), np.float32)).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_unit_rows_leave_their_argument_alone():
    rows = np.full((2, 4), 3.0)
    unit_rows(rows)[:] = 9
    assert (rows == 3.0).all()


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float16])
def test_other_dtypes_become_float64(dtype):
    rows = unit_rows(np.array([[3, 4]], dtype))
    assert rows.dtype == np.float64
    assert rows.tolist() == [[0.6, 0.8]]


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_broken_row_holds_nan_afterwards_and_the_others_do_not(broken):
    rows = unit_rows(np.array([[1.0, 0.0], [broken, 1.0], [0.0, 2.0]]))
    assert np.isnan(rows).any(axis=1).tolist() == [False, True, False]


def test_row_too_long_for_float64_does_not_pass_for_a_zero_row():
    assert np.isnan(unit_rows(np.array([[1e200, 1e200]]))).all()


@pytest.mark.parametrize("value", [1e-45, 1e-30, 1e30, 3e38])
def test_the_whole_range_of_float32_is_scaled(value):
    rows = unit_rows(np.array([[value, 0.0]], np.float32))
    assert rows.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("shape", [(3,), (), (2, 2, 2)])
def test_unit_rows_refuse_what_is_not_a_table(shape):
    with pytest.raises(VerificationError, match=r"shape \[n, d\], not \("):
        unit_rows(np.ones(shape))


@given(embedding_pairs())
def test_squared_distances_equal_the_published_expression(pair):
    left, right = (rows.astype(np.float64) for rows in pair)
    expected = np.sum(np.square(np.subtract(left, right)), 1)
    measured = squared_distances(left, right)
    assert measured.dtype == np.float64
    np.testing.assert_allclose(measured, expected, rtol=1e-14)


@given(embedding_pairs())
def test_float32_embeddings_lose_no_more_than_two_roundings_of_a_difference(pair):
    left, right = (rows.astype(np.float32) for rows in pair)
    measured = squared_distances(left, right)
    assert measured.dtype == np.float64
    exact = squared_distances(left.astype(np.float64), right.astype(np.float64))
    np.testing.assert_allclose(measured, exact, rtol=2**-23 * 1.001)


def test_one_side_in_float64_is_enough_to_subtract_in_float64():
    left, right = np.random.default_rng(0).standard_normal((2, 50, 64)).astype(np.float32)
    exact = squared_distances(left.astype(np.float64), right.astype(np.float64))
    assert np.array_equal(squared_distances(left, right.astype(np.float64)), exact)


def test_integer_embeddings_do_not_wrap_around():
    bytes_ = np.array([[0, 250]], np.uint8)
    assert squared_distances(bytes_, bytes_[:, ::-1]).tolist() == [2 * 250**2]


def test_wide_rows_in_many_blocks_equal_the_published_expression():
    left, right = np.random.default_rng(0).standard_normal((2, 1003, 512))
    expected = np.sum(np.square(left - right), 1)
    np.testing.assert_allclose(squared_distances(left, right), expected, rtol=1e-13)


@pytest.mark.parametrize("measure", [cosines, squared_distances])
def test_memory_order_does_not_change_a_score(measure):
    left, right = np.random.default_rng(0).standard_normal((2, 100, 33))
    fortran = np.asfortranarray(left), np.asfortranarray(right)
    assert np.array_equal(measure(*fortran), measure(left, right))
    assert np.array_equal(measure(fortran[0], right), measure(left, right))


def test_one_row_wider_than_a_block_is_measured():
    assert squared_distances(np.ones((2, 50_000)), np.zeros((2, 50_000))).tolist() == [50_000] * 2


@given(embedding_pairs(), st.integers(0, 2**32))
def test_distances_of_pairs_of_rows_are_those_of_the_rows_taken_out(pair, seed):
    count = len(pair[0])
    left, right = np.random.default_rng(seed).integers(max(count, 1), size=(2, 3 * count))
    wanted = squared_distances(pair[0][left], pair[1][right])
    np.testing.assert_array_equal(pair_distances(*pair, left, right), wanted)


def test_squared_distances_by_hand():
    left = [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    right = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]
    assert squared_distances(left, right).tolist() == [0, 2, 4, 0, 1]


def test_cosines_by_hand():
    left = [[2.0, 0.0], [2.0, 0.0], [3.0, 4.0], [5.0, 0.0]]
    right = [[7.0, 0.0], [0.0, 1.0], [4.0, 3.0], [-1.0, 0.0]]
    assert cosines(left, right).tolist() == [1, 0, 0.96, -1]


def test_zero_rows_have_cosine_zero():
    assert cosines([[0.0, 0], [0, 0], [1, 0]], [[1.0, 0], [0, 0], [0, 0]]).tolist() == [0, 0, 0]


@pytest.mark.parametrize("measure", [cosines, squared_distances])
def test_nan_stays_in_its_own_pair(measure):
    left = np.array([[1.0, 0.0], [np.nan, 1.0], [0.0, 0.0], [0.0, 1.0]])
    right = np.array([[1.0, 0.0], [0.0, 0.0], [np.nan, np.nan], [0.0, 1.0]])
    assert np.isnan(measure(left, right)).tolist() == [False, True, True, False]


def test_infinite_rows_have_no_cosine():
    left = np.array([[np.inf, 0.0], [np.inf, 0.0], [np.inf, 1.0], [np.inf, 0.0]])
    right = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    assert np.isnan(cosines(left, right)).all()


@given(embedding_pairs())
def test_equal_rows_have_cosine_exactly_one_and_distance_exactly_zero(pair):
    assert (squared_distances(pair[0], pair[0]) == 0).all()
    assert (cosines(pair[0], pair[0]) == 1).all()


@given(embedding_pairs())
def test_cosines_are_symmetric_within_their_range_and_blind_to_scale(pair):
    left, right = pair
    measured = cosines(left, right)
    assert (np.abs(measured) <= 1).all()
    assert np.array_equal(measured, cosines(right, left))
    assert np.array_equal(measured, cosines(left * left.dtype.type(4), right))


@given(embedding_pairs())
def test_squared_distance_of_unit_rows_is_two_less_twice_the_cosine(pair):
    left, right = (unit_rows(rows.astype(np.float64)) for rows in pair)
    distances = squared_distances(left, right)
    np.testing.assert_allclose(distances, 2 - 2 * cosines(left, right), atol=1e-12)


@pytest.mark.parametrize("measure", [cosines, squared_distances])
@pytest.mark.parametrize("shapes", [((2, 3), (3, 3)), ((2, 3), (2, 4)), ((3,), (3,))])
def test_different_shapes_are_refused_with_both_named(measure, shapes):
    with pytest.raises(VerificationError) as caught:
        measure(np.ones(shapes[0]), np.ones(shapes[1]))
    assert str(caught.value) == (
        "Embeddings are compared row by row, so both sides must have the same shape [n, d], "
        f"not {shapes[0]} and {shapes[1]}."
    )


@pytest.mark.parametrize("measure", [cosines, squared_distances])
def test_no_rows_give_no_scores(measure):
    assert measure(np.empty((0, 512)), np.empty((0, 512))).shape == (0,)
