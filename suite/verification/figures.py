"""All figures of one dataset, and how near one model's embeddings are to another's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suite.verification.errors import VerificationError
from suite.verification.folds import Folds, fold_accuracy
from suite.verification.roc import Roc, TarAtFar
from suite.verification.scores import cosines


@dataclass(frozen=True)
class VerificationFigures:
    """What verification over the pairs of one dataset comes to.

    Attributes
    ----------
    accuracy, accuracy_std : mean and population standard deviation over the folds
    accuracy_threshold : median of the folds' thresholds
    tar_at_far : one for each target asked for, in that order
    roc_auc : area under the ROC curve
    eer, eer_threshold : equal error rate and the threshold it was found at
    pairs, genuine, impostors : pairs in all and of each class

    Thresholds are squared distances; a pair is accepted below them.
    """

    accuracy: float
    accuracy_std: float
    accuracy_threshold: float
    tar_at_far: tuple[TarAtFar, ...]
    roc_auc: float
    eer: float
    eer_threshold: float
    pairs: int
    genuine: int
    impostors: int


@dataclass(frozen=True)
class FidelityFigures:
    """How near a candidate's embeddings are to the reference's, image by image.

    Attributes
    ----------
    cosine_mean : mean cosine similarity
    cosine_worst : least cosine similarity
    worst_index : row it was found at, counted from 0; the first where several tie
    """

    cosine_mean: float
    cosine_worst: float
    worst_index: int


def verify(
    distances: ArrayLike,
    genuine: ArrayLike,
    far_targets: Sequence[float] = (1e-3, 1e-4),
    folds: Folds = 10,
) -> VerificationFigures:
    """All verification figures of one dataset's pairs.

    Parameters
    ----------
    distances : real numbers [n], squared distances of unit embeddings, in the dataset's order
        (folds are contiguous)
    genuine : bool [n], whether both faces are of one person
    far_targets : false accept rates, each at least 0 and less than 1; may be empty
    folds : contiguous folds of accuracy, at least 2, or how many pairs each has

    Returns
    -------
    VerificationFigures

    Raises
    ------
    VerificationError
        No pairs, fewer than folds, one class only, not one label for each distance, a NaN or
        infinite distance (``NaN in 12 of 6,000 distances (first at pair 7): ...``), or a
        target out of range.

    See Also
    --------
    suite.verification.folds.fold_accuracy, suite.verification.roc.tar_at_far,
    suite.verification.roc.roc_auc, suite.verification.roc.equal_error_rate

    Examples
    --------
    >>> figures = verify([0.3, 1.7] * 10, [True, False] * 10)
    >>> figures.accuracy, figures.accuracy_threshold, figures.roc_auc, figures.eer
    (1.0, 0.31, 1.0, 0.0)
    """
    accuracy = fold_accuracy(distances, genuine, folds=folds)
    roc = Roc.of(distances, genuine)
    equal = roc.equal_error_rate()
    return VerificationFigures(
        accuracy=accuracy.mean,
        accuracy_std=accuracy.std,
        accuracy_threshold=accuracy.threshold,
        tar_at_far=tuple(roc.tar_at_far(target) for target in far_targets),
        roc_auc=roc.auc(),
        eer=equal.eer,
        eer_threshold=equal.threshold,
        pairs=len(roc.genuine) + len(roc.impostors),
        genuine=len(roc.genuine),
        impostors=len(roc.impostors),
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
    FidelityFigures(cosine_mean=0.9, cosine_worst=0.8, worst_index=1)
    """
    similarities = cosines(reference, candidate)
    if not len(similarities):
        raise VerificationError("There are no embeddings to compare.")
    _refuse_unusable(similarities, np.asarray(reference))
    worst = int(np.argmin(similarities))
    return FidelityFigures(
        cosine_mean=float(np.mean(similarities)),
        cosine_worst=float(similarities[worst]),
        worst_index=worst,
    )


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
