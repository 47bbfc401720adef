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
