"""Accuracy by folds, as LFW's protocol has it and InsightFace computes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suite.catalog.folds import FOLDS, equal_folds
from suite.verification.errors import VerificationError
from suite.verification.pairs import checked_pairs

# The published expression itself: i * 0.01 and linspace give other floats, and a distance
# that lies on a threshold would then fall on the other side of it.
THRESHOLDS: Final[NDArray[np.float64]] = np.arange(0, 4, 0.01)
THRESHOLDS.flags.writeable = False

Folds = int | Sequence[int]
"""Contiguous folds: how many, of equal length, or how many pairs each has."""


@dataclass(frozen=True)
class FoldAccuracy:
    """Accuracy over held-out folds, each at the threshold chosen on the others.

    Attributes
    ----------
    mean : mean of the folds' accuracies, 0 to 1
    std : their population standard deviation
    fold_accuracies : accuracy of each held-out fold
    fold_thresholds : squared distance below which that fold's pairs were accepted

    Notes
    -----
    Thresholds are ``numpy.arange(0, 4, 0.01)``; a pair is accepted when ``d < threshold``. Per
    fold, the lowest threshold among those with the best accuracy on all other folds is used.
    All figures equal those of the published loop [1]_ to the last bit, however distances tie
    with one another or with thresholds; only the counting differs: each distance is placed
    once on the grid of thresholds, per fold, and running sums do the rest.

    A fold may hold pairs of one class only, and so may the folds that a threshold is chosen
    on: accuracy is defined all the same. (Where those are all impostors, the lowest threshold
    wins: 0, at which nothing is accepted.)

    References
    ----------
    .. [1] InsightFace, ``recognition/arcface_torch/eval/verification.py``, ``calculate_roc``;
       after FaceNet, ``lfw.py``, and G. B. Huang et al., Labeled Faces in the Wild, 2007.
    """

    mean: float
    std: float
    fold_accuracies: tuple[float, ...]
    fold_thresholds: tuple[float, ...]

    @property
    def threshold(self) -> float:
        """The median of the folds' thresholds.

        Accuracy is flat around its best threshold, so a single fold may well pick a far one of
        equal merit: that moves the mean, the median hardly. With an even number of folds it
        may lie half-way between two thresholds of the grid.
        """
        return float(np.median(self.fold_thresholds))


def fold_accuracy(distances: ArrayLike, genuine: ArrayLike, folds: Folds = FOLDS) -> FoldAccuracy:
    """K-fold verification accuracy by InsightFace's protocol.

    Parameters
    ----------
    distances : real numbers [n], squared distances of unit embeddings
    genuine : bool [n], whether both faces are of one person
    folds : contiguous folds, the first ``n % folds`` of them one pair longer, exactly those of
        ``sklearn.model_selection.KFold(folds, shuffle=False)``; at least 2, at most n.
        Or how many pairs each has, at least 1, where folds are not of equal length

    Returns
    -------
    FoldAccuracy

    Raises
    ------
    VerificationError
        Fewer pairs than folds, fewer than 2 folds, an empty one, lengths that do not add up to the
        pairs, or pairs that `checked_pairs` refuses.

    Examples
    --------
    >>> result = fold_accuracy([0.5, 1.5, 0.9, 1.2], [True, False, True, False], folds=2)
    >>> result.fold_thresholds, result.fold_accuracies
    ((0.91, 0.51), (1.0, 0.5))
    >>> result.mean, result.std
    (0.75, 0.25)
    """
    values, labels = checked_pairs(distances, genuine)
    sizes = _checked_sizes(len(values), folds)
    correct = _correct_at_thresholds(values, labels, sizes)
    best_elsewhere = np.argmax(correct.sum(axis=0) - correct, axis=1)
    accuracies = correct[np.arange(len(sizes)), best_elsewhere] / sizes
    return FoldAccuracy(
        mean=float(np.mean(accuracies)),
        std=float(np.std(accuracies)),
        fold_accuracies=tuple(accuracies.tolist()),
        fold_thresholds=tuple(THRESHOLDS[best_elsewhere].tolist()),
    )


def fold_sizes(count: int, folds: Folds) -> NDArray[np.int_]:
    """Pairs in each contiguous fold, as `equal_folds` or as given."""
    sizes = equal_folds(count, folds) if isinstance(folds, int) else folds
    return np.array(sizes, dtype=np.int_)


def _checked_sizes(count: int, folds: Folds) -> NDArray[np.int_]:
    number = folds if isinstance(folds, int) else len(folds)
    if number < 2:
        raise VerificationError(f"Accuracy needs at least 2 folds, not {number}.")
    if count < number:
        raise VerificationError(
            f"{count:,} pairs are too few for {number} folds: there must be at least one pair "
            f"in each."
        )
    sizes = fold_sizes(count, folds)
    if sizes.min() < 1 or sizes.sum() != count:
        raise VerificationError(
            f"Folds of {', '.join(map(str, sizes))} pairs do not divide {count:,} pairs: each must "
            "have at least one, and all of them together."
        )
    return sizes


def _correct_at_thresholds(
    distances: NDArray[np.float64], genuine: NDArray[np.bool_], sizes: NDArray[np.int_]
) -> NDArray[np.int_]:
    """Pairs of each fold that each threshold decides rightly: int [folds, thresholds]."""
    folds, bins = len(sizes), len(THRESHOLDS) + 1
    # The first threshold above a distance accepts it; the last bin is for those none accepts.
    first_accepting = np.searchsorted(THRESHOLDS, distances, side="right")
    cells = np.repeat(np.arange(folds) * bins, sizes) + first_accepting

    def accepted(of_class: NDArray[np.bool_]) -> NDArray[np.int_]:
        histogram = np.bincount(cells[of_class], minlength=folds * bins).reshape(folds, bins)
        return histogram.cumsum(axis=1)

    impostors = accepted(~genuine)
    return (accepted(genuine) + impostors[:, -1:] - impostors)[:, :-1]


# The published grid for VAL: ten times finer than that of accuracy.
VAL_THRESHOLDS: Final[NDArray[np.float64]] = np.arange(0, 4, 0.001)
VAL_THRESHOLDS.flags.writeable = False


@dataclass(frozen=True)
class FoldVal:
    """VAL, the TAR at a FAR with the threshold chosen on other folds.

    Attributes
    ----------
    val : mean of the held-out folds' TAR
    far : mean of the held-out folds' FAR; not exactly the target

    Notes
    -----
    Thresholds are ``numpy.arange(0, 4, 0.001)``. On the other folds FAR is a step function of the
    threshold, and the published code [1]_ inverts it by ``scipy.interpolate.interp1d``, which
    raises "Expect x to not have duplicates" since SciPy 1.9. Here it is inverted as SciPy 1.6 to
    1.8 did, which is ``numpy.interp(far_target, far, thresholds)``: where the target is a level of
    the steps, the highest threshold of that level; between two levels, the straight line from the
    highest threshold of the lower to the lowest of the higher. Where no threshold reaches the
    target the published code takes 0, at which nothing is accepted.

    References
    ----------
    .. [1] InsightFace, ``recognition/arcface_torch/eval/verification.py``, ``calculate_val``;
       FaceNet, ``lfw.py``.
    """

    val: float
    far: float


def fold_val(
    distances: ArrayLike, genuine: ArrayLike, far_target: float = 1e-3, folds: Folds = FOLDS
) -> FoldVal:
    """VAL at a FAR by InsightFace's and FaceNet's protocol.

    Parameters
    ----------
    distances, genuine, folds : as for `fold_accuracy`
    far_target : at least 0 and less than 1

    Returns
    -------
    FoldVal

    Raises
    ------
    VerificationError
        As `fold_accuracy`, and where a fold has no genuine or no impostor pair.
    """
    values, labels = checked_pairs(distances, genuine)
    if not 0 <= far_target < 1:
        raise VerificationError(f"A FAR target is at least 0 and less than 1, not {far_target!r}.")
    ends = np.cumsum(_checked_sizes(len(values), folds))
    accepted, impostors = [], []
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        strangers = np.sort(values[start:end][~labels[start:end]])
        if not len(strangers) or len(strangers) == end - start:
            raise VerificationError(
                f"The fold of pairs {start:,} to {end - 1:,} has pairs of one class alone: VAL "
                "needs both kinds in each fold."
            )
        impostors.append(len(strangers))
        accepted.append(np.searchsorted(strangers, VAL_THRESHOLDS, side="left"))
    in_all, everyone = np.sum(accepted, axis=0), sum(impostors)
    tars, fars = [], []
    for fold, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        far = (in_all - accepted[fold]) / (everyone - impostors[fold])
        reached = far.max() >= far_target
        threshold = float(np.interp(far_target, far, VAL_THRESHOLDS)) if reached else 0.0
        near = values[start:end] < threshold
        tars.append(float(near[labels[start:end]].mean()))
        fars.append(float(near[~labels[start:end]].mean()))
    return FoldVal(float(np.mean(tars)), float(np.mean(fars)))
