"""How near one model's embeddings are to another's."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suite.verification.errors import VerificationError
from suite.verification.scores import cosines


@dataclass(frozen=True)
class FidelityFigures:
    """How near a candidate's embeddings are to the reference's, image by image.

    Attributes
    ----------
    cosine_mean : mean cosine similarity
    cosine_1st_percentile : the cosine similarity that one image in a hundred lies below,
        interpolated between two images
    cosine_worst : least cosine similarity
    by_image : float64 [n], the cosine similarity of each image
    """

    cosine_mean: float
    cosine_1st_percentile: float
    cosine_worst: float
    by_image: NDArray[np.float64] = field(
        default_factory=lambda: np.empty(0), repr=False, compare=False
    )


def fidelity(reference: ArrayLike, candidate: ArrayLike) -> FidelityFigures:
    """Cosine similarity of two models' embeddings of the same images.

    Parameters
    ----------
    reference : real numbers [n, d], the embeddings to be near to; rows of any length
    candidate : real numbers [n, d], embeddings of the same images in the same order

    Returns
    -------
    FidelityFigures

    Raises
    ------
    VerificationError
        No rows, shapes that differ, or rows with NaN or infinity
        (``NaN in 2 of 300 cosines (first at row 5): ...``, with which side has it).

    Notes
    -----
    A zero row counts as cosine 0: an embedding that vanished is not faithful, to a zero row
    neither.

    Examples
    --------
    >>> fidelity([[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.6, 0.8]])
    FidelityFigures(cosine_mean=0.9, cosine_1st_percentile=0.802, cosine_worst=0.8)
    """
    similarities = cosines(reference, candidate)
    if not len(similarities):
        raise VerificationError("There are no embeddings to compare.")
    _refuse_unusable(similarities, np.asarray(reference))
    return FidelityFigures(
        cosine_mean=float(np.mean(similarities)),
        cosine_1st_percentile=float(np.quantile(similarities, 0.01)),
        cosine_worst=float(similarities.min()),
        by_image=similarities,
    )


def score_change(
    reference: ArrayLike, candidate: ArrayLike, left: ArrayLike, right: ArrayLike
) -> float:
    """By how much the cosine similarity of a pair changes between two models, in most of them.

    Parameters
    ----------
    reference, candidate : real numbers [n, d], embeddings of the same images; rows of any length
    left, right : int [m], the pairs' images as indices

    Returns
    -------
    the 99th percentile of the absolute change, in [0, 2]; 0 where there are no pairs

    Examples
    --------
    >>> score_change([[1, 0], [0, 1]], [[1, 0], [0.6, 0.8]], [0], [1])
    0.6
    """
    one, other = np.asarray(left, np.intp), np.asarray(right, np.intp)
    if not len(one):
        return 0.0
    before, after = (
        cosines(rows[one], rows[other]) for rows in (np.asarray(reference), np.asarray(candidate))
    )
    return float(np.quantile(np.abs(after - before), 0.99))


def angles(reference: ArrayLike, candidate: ArrayLike) -> NDArray[np.float64]:
    """The angle between two models' embeddings of each image, in degrees.

    Parameters
    ----------
    reference, candidate : real numbers [n, d], embeddings of the same images; rows of unit length,
        or of zeros, which count as at right angles to all others

    Returns
    -------
    float64 [n], in 0…180

    Notes
    -----
    2 · atan2(‖a − b‖, ‖a + b‖), which loses no digits near 0 as the arc cosine does (W. Kahan, "How
    Futile are Mindless Assessments of Roundoff in Floating-Point Computation?", 2006, §12).

    Examples
    --------
    >>> angles([[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]])
    array([90.,  0.])
    """
    one, other = np.asarray(reference, np.float64), np.asarray(candidate, np.float64)
    apart, along = np.linalg.norm(one - other, axis=1), np.linalg.norm(one + other, axis=1)
    turned: NDArray[np.float64] = np.degrees(2 * np.arctan2(apart, along))
    return turned


def worst_group(values: ArrayLike, groups: ArrayLike) -> float:
    """The least mean of a group's values.

    Parameters
    ----------
    values : real numbers [n], n at least 1
    groups : int [n], which group each is of, numbered from 0

    Examples
    --------
    >>> worst_group([1.0, 0.0, 0.75], [0, 0, 1])
    0.5
    """
    which = np.asarray(groups, np.intp)
    sums, counts = np.bincount(which, np.asarray(values, np.float64)), np.bincount(which)
    return float((sums[counts > 0] / counts[counts > 0]).min())


def by_tenth(values: ArrayLike, order: ArrayLike) -> tuple[float, ...]:
    """The mean of each tenth of some values, by the order of others.

    Parameters
    ----------
    values, order : real numbers [n], n at least 10; equal ones of ``order`` stay as they lie

    Returns
    -------
    ten means, that of the lowest of ``order`` first; the first tenths have one more where n is no
    multiple of ten

    Examples
    --------
    >>> by_tenth(range(10), range(10, 0, -1))
    (9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0)
    """
    sorted_ = np.asarray(values, np.float64)[np.argsort(np.asarray(order), kind="stable")]
    return tuple(float(part.mean()) for part in np.array_split(sorted_, 10))


def _refuse_unusable(similarities: NDArray[np.float64], reference: NDArray[np.generic]) -> None:
    unusable = np.isnan(similarities)
    count = int(np.count_nonzero(unusable))
    if count:
        first = int(np.argmax(unusable))
        side = "candidate" if np.isfinite(reference[first].astype(float)).all() else "reference"
        raise VerificationError(
            f"NaN in {count:,} of {len(similarities):,} cosines (first at row {first}): the "
            f"{side} model gives no usable embedding for that image."
        )
