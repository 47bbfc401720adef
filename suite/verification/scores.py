"""From embeddings to the scores of pairs."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suite.verification.errors import VerificationError

# Differences are taken in blocks that stay in the second-level cache: whole-array temporaries
# of 6,000 x 512 cost several times the arithmetic.
_BLOCK_BYTES = 256 * 1024


def unit_rows(embeddings: ArrayLike) -> NDArray[np.floating]:
    """Rows scaled to Euclidean length 1.

    Parameters
    ----------
    embeddings : real numbers [n, d]

    Returns
    -------
    float [n, d], a new array; float32 stays float32, every other dtype becomes float64

    Raises
    ------
    VerificationError
        The array does not have two dimensions.

    Notes
    -----
    Lengths are computed in float64. A zero row has no direction and stays zero (as in
    ``sklearn.preprocessing.normalize``, which InsightFace uses). A row with NaN or infinity in
    it has NaN afterwards, so it cannot pass for an embedding further on; so does a float64 row
    whose squared length overflows (beyond about 1e154). One whose squared length underflows
    to 0 counts as a zero row.

    Examples
    --------
    >>> unit_rows([[3.0, 4.0], [0.0, 0.0]])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    rows = np.asarray(embeddings)
    dtype = np.float32 if rows.dtype == np.float32 else np.float64
    if rows.ndim != 2:
        raise VerificationError(f"Embeddings must be of shape [n, d], not {rows.shape}.")
    wide = rows.astype(np.float64, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(wide, axis=1)
        lengths[lengths == 0] = 1.0
        lengths[np.isinf(lengths)] = np.nan
        scaled: NDArray[np.floating] = np.divide(wide, lengths[:, np.newaxis])
    return scaled.astype(dtype, copy=False)


def squared_distances(left: ArrayLike, right: ArrayLike) -> NDArray[np.float64]:
    """Squared Euclidean distances between the rows of two arrays, pair by pair.

    Parameters
    ----------
    left, right : real numbers [n, d], rows of unit length (not checked)

    Returns
    -------
    float64 [n], the sum of squared differences; 0 to 4 for unit rows, up to rounding

    Raises
    ------
    VerificationError
        The shapes differ or do not have two dimensions.

    Notes
    -----
    As InsightFace computes them [1]_, up to rounding. Two float32 arrays are subtracted in
    float32, everything else in float64; squares are always summed in float64. What float32
    loses in the subtraction is at most 1.2e-7 of the distance, no more than storing unit rows
    as float32 had lost already, and widening both sides first would double the time. Equal
    rows are at distance 0 exactly. NaN propagates to its own pair only. Two zero rows are at
    distance 0, a zero row and a unit row at 1.

    References
    ----------
    .. [1] InsightFace, ``recognition/arcface_torch/eval/verification.py``, ``calculate_roc``.

    Examples
    --------
    >>> squared_distances([[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [-1.0, 0.0]])
    array([0., 4.])
    """
    lefts, rights = _same_shape(left, right)
    distances = np.empty(len(lefts))
    for rows in _blocks(len(lefts), lefts.shape[1]):
        _into(distances[rows], lefts[rows], rights[rows])
    return distances


def pair_distances(
    left_rows: NDArray[np.floating],
    right_rows: NDArray[np.floating],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
) -> NDArray[np.float64]:
    """`squared_distances` of pairs of rows, of which no more than a block is taken out at a time.

    Parameters
    ----------
    left_rows, right_rows : real numbers [images, d]
    left, right : int64 [n], the rows of each pair
    """
    distances = np.empty(len(left))
    for pairs in _blocks(len(left), left_rows.shape[1]):
        _into(distances[pairs], left_rows[left[pairs]], right_rows[right[pairs]])
    return distances


def _blocks(count: int, width: int) -> Iterator[slice]:
    block = max(1, _BLOCK_BYTES // (8 * max(1, width)))
    return (slice(start, start + block) for start in range(0, count, block))


def _into(
    distances: NDArray[np.float64], left: NDArray[np.generic], right: NDArray[np.generic]
) -> None:
    dtype = np.float32 if left.dtype == right.dtype == np.float32 else np.float64
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.subtract(left, right, dtype=dtype, order="C")
        wide = difference.astype(np.float64, copy=False)
        np.einsum("ij,ij->i", wide, wide, out=distances)


def cosines(left: ArrayLike, right: ArrayLike) -> NDArray[np.float64]:
    """Cosine similarities between the rows of two arrays, pair by pair.

    Parameters
    ----------
    left, right : real numbers [n, d], rows of any length

    Returns
    -------
    float64 [n], in [-1, 1] (rounding past the ends is cut off); exactly 1 for equal rows

    Raises
    ------
    VerificationError
        The shapes differ or do not have two dimensions.

    Notes
    -----
    A zero row has cosine 0 to every finite row, a zero row included. NaN and infinity give NaN,
    in their own pair only. Float64 rows longer than about 1e77, or shorter than 1e-77, are
    outside what this serves; all of float32 is inside.

    Examples
    --------
    >>> cosines([[2.0, 0.0], [0.0, 0.0]], [[3.0, 0.0], [1.0, 0.0]])
    array([1., 0.])
    """
    # In C order, so that equal rows are summed in the same order whatever layout they came in.
    lefts, rights = (
        np.ascontiguousarray(rows, dtype=np.float64) for rows in _same_shape(left, right)
    )
    with np.errstate(invalid="ignore", over="ignore"):
        products = np.einsum("ij,ij->i", lefts, rights)
        left_squares = np.einsum("ij,ij->i", lefts, lefts)
        right_squares = np.einsum("ij,ij->i", rights, rights)
        # One root of the product, not a product of roots: sqrt(x * x) is x exactly.
        lengths = np.sqrt(left_squares * right_squares)
        lengths[lengths == 0] = 1.0
        similarities: NDArray[np.float64] = np.clip(products / lengths, -1.0, 1.0)
    return similarities


def _same_shape(
    left: ArrayLike, right: ArrayLike
) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    lefts, rights = np.asarray(left), np.asarray(right)
    if lefts.ndim != 2 or lefts.shape != rights.shape:
        raise VerificationError(
            f"Embeddings are compared row by row, so both sides must have the same shape "
            f"[n, d], not {lefts.shape} and {rights.shape}."
        )
    return lefts, rights
