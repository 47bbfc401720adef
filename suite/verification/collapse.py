"""Embeddings that tell nobody apart: rows of zeros, and one row for several images."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

# What float32 rounding may part in components of one embedding computed twice.
_ROUNDING = 1e-6


def zero_rows(rows: ArrayLike) -> NDArray[np.bool_]:
    """Which rows are all zeros.

    Parameters
    ----------
    rows : real numbers [n, d]

    Returns
    -------
    bool [n]
    """
    zero: NDArray[np.bool_] = (np.asarray(rows) == 0).all(axis=1)
    return zero


def repeated_rows(rows: ArrayLike) -> NDArray[np.bool_]:
    """Which rows another row equals, up to the rounding of float32.

    Parameters
    ----------
    rows : real numbers [n, d], rows of unit length; those of zeros are no one's equal

    Returns
    -------
    bool [n]; of k equal rows all k

    Notes
    -----
    Rows are ordered by their projection on one direction, where equal rows are neighbours: n log n
    in place of all pairs. Rows with NaN equal none.

    Examples
    --------
    >>> repeated_rows([[1.0, 0.0], [0.6, 0.8], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    array([ True, False,  True, False, False])
    """
    given = np.asarray(rows)
    direction = np.random.default_rng(0).standard_normal(given.shape[1])
    order = np.argsort(given @ direction, kind="stable")
    near = np.abs(np.diff(given[order], axis=0)).max(axis=1, initial=0.0) <= _ROUNDING
    repeated = np.zeros(len(given), dtype=np.bool_)
    repeated[order[:-1][near]] = True
    repeated[order[1:][near]] = True
    return repeated & ~zero_rows(given)
