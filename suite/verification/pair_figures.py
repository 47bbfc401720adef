"""All figures of one dataset's pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.typing import ArrayLike

from suite.catalog.folds import FOLDS
from suite.verification.folds import Folds, fold_accuracy
from suite.verification.roc import Roc, TarAtFar


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


def verify(
    distances: ArrayLike,
    genuine: ArrayLike,
    far_targets: Sequence[float] = (1e-3, 1e-4),
    folds: Folds = FOLDS,
) -> VerificationFigures:
    """All verification figures of one dataset's pairs.

    Parameters
    ----------
    distances : real numbers [n], squared distances of unit embeddings, in the dataset's order
        (folds are contiguous)
    genuine : bool [n], whether both faces are of one person
    far_targets : false accept rates, each at least 0 and less than 1; may be empty
    folds : contiguous folds of accuracy, at least 2, or how many pairs each has

    Raises
    ------
    VerificationError
        No pairs, fewer than folds, one class only, not one label for each distance, a NaN or
        infinite distance (``NaN in 12 of 6,000 distances (first at pair 7): ...``), or a
        target out of range.

    See Also
    --------
    suite.verification.folds.fold_accuracy, suite.verification.roc.Roc

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
