"""What quantization does to the lengths of embeddings, which no cosine sees."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suite.verification.errors import VerificationError


@dataclass(frozen=True)
class NormRatio:
    """The lengths of a candidate's embeddings over the reference's, image by image.

    Attributes
    ----------
    mean : mean of the ratios
    low, high : their 1st and 99th percentile, interpolated
    """

    mean: float
    low: float
    high: float


def norm_ratio(reference: ArrayLike, candidate: ArrayLike) -> NormRatio:
    """How long a candidate's embeddings are for the reference's.

    Parameters
    ----------
    reference, candidate : real numbers [n], Euclidean lengths of the same images' embeddings before
        they are scaled; the reference's above 0

    Raises
    ------
    VerificationError
        where there are none, or a ratio is no finite number.

    Examples
    --------
    >>> norm_ratio([1.0, 2.0], [2.0, 4.0])
    NormRatio(mean=2.0, low=2.0, high=2.0)
    """
    before, after = np.asarray(reference, np.float64), np.asarray(candidate, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = after / before
    if not len(ratios):
        raise VerificationError("There are no norms to compare.")
    broken = int(np.count_nonzero(~np.isfinite(ratios)))
    if broken:
        raise VerificationError(
            f"{broken:,} of {len(ratios):,} norms have no finite ratio to the reference's."
        )
    low, high = np.quantile(ratios, (0.01, 0.99))
    return NormRatio(float(ratios.mean()), float(low), float(high))


def rank_correlation(one: ArrayLike, other: ArrayLike) -> float:
    """Spearman's rank correlation: Pearson's of the ranks, ties ranked by their mean.

    Parameters
    ----------
    one, other : real numbers [n], finite, of the same images in the same order

    Returns
    -------
    in [-1, 1]; 0 where all values of one of them are the same, which rank nothing

    Notes
    -----
    C. Spearman, "The proof and measurement of association between two things", 1904.

    Examples
    --------
    >>> rank_correlation([1.0, 2.0, 3.0, 4.0], [10.0, 20.0, 40.0, 30.0])
    0.8
    """
    ranks = [_ranks(np.asarray(each, np.float64)) for each in (one, other)]
    left, right = (each - each.mean() for each in ranks)
    scale = float(np.sqrt((left @ left) * (right @ right)))
    return float(left @ right) / scale if scale else 0.0


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value's place among all, from 0; equal ones share the mean of theirs."""
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts + 1) / 2)[group]
    return ranks
