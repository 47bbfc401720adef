"""The step that each share of a set's pairs takes with one pair: no finer change can be seen."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from suite.catalog.figures import at_kept_threshold
from suite.verification.folds import Folds, fold_sizes
from suite.verification.roc import TarAtFar


def quanta_of_listed(genuine: NDArray[np.bool_], folds: Folds) -> dict[str, float]:
    """The steps of the figures of listed pairs, by metric, above 0.

    Parameters
    ----------
    genuine : bool [n], both classes among them
    folds : contiguous folds that the pairs make

    Notes
    -----
    One pair moves a TAR by 1 / genuine pairs, a FAR by 1 / impostor pairs, EER, which is the mean
    of two rates, by half of the larger of both. Accuracy and VAL are means of k folds, in which the
    least fold has the most to say of one pair: 1 / (k · its pairs). The standard deviation of k
    accuracies changes by at most 1 / √k of what one of them does, because it is their distance from
    their mean over √k. ROC AUC is a share of all comparisons of a genuine with an impostor pair.
    """
    sizes = fold_sizes(len(genuine), folds)
    ends = np.cumsum(sizes)
    own = [int(genuine[end - size : end].sum()) for size, end in zip(sizes, ends, strict=True)]
    by_class = (own, [int(size) - count for size, count in zip(sizes, own, strict=True)])
    of_genuine, of_impostors = (1 / sum(counts) for counts in by_class)
    of_val, of_val_far = (1 / (len(sizes) * max(1, min(counts))) for counts in by_class)
    in_a_fold = 1 / int(sizes.min())
    return {
        "accuracy": in_a_fold / len(sizes),
        "accuracy_std": in_a_fold / len(sizes) ** 0.5,
        "roc_auc": of_genuine * of_impostors,
        "eer": max(of_genuine, of_impostors) / 2,
        "val_at_far_1e-3": of_val,
        "val_far_1e-3": of_val_far,
        "mixed_tar_at_far_1e-3": of_genuine,
        **{f"{side}_tar_1e-3": of_genuine for side in ("kept", "mixed")},
        **{f"{side}_far_1e-3": of_impostors for side in ("kept", "mixed")},
    }


def quanta_of_points(points: Mapping[str, TarAtFar]) -> dict[str, float]:
    """The steps of TARs at a FAR and of what is measured at their thresholds, by metric."""
    found: dict[str, float] = {}
    for name, point in points.items():
        of_tar, of_far = at_kept_threshold(name)
        of_genuine = 1 / point.genuine
        found |= {name: of_genuine, of_tar: of_genuine, of_far: 1 / point.impostors}
    return found
