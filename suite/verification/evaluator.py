"""All that the pairs of one model on one set say: figures, and the same on resampled people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from suite.catalog.folds import FOLDS
from suite.verification.all_pairs import all_pairs
from suite.verification.bootstrap import (
    ResampledAllPairs,
    ResampledPairs,
    Units,
    Weights,
    draw,
    resample,
)
from suite.verification.errors import VerificationError
from suite.verification.folds import Folds, fold_val
from suite.verification.pair_figures import verify
from suite.verification.roc import TarAtFar
from suite.verification.scores import squared_distances

FAR_TARGETS = {"1e-3": 1e-3, "1e-4": 1e-4}
ALL_PAIRS_FAR_TARGETS = {**FAR_TARGETS, "1e-5": 1e-5, "1e-6": 1e-6}
Floats = NDArray[np.float64]
Figure = Callable[[Weights], Floats]
# Impostors kept for resampled thresholds, as a multiple of those within the largest target.
_MARGIN = 4


@dataclass(frozen=True, eq=False)
class Pairs:
    """The pairs of one dataset.

    Attributes
    ----------
    left, right : int64 [n], each pair's images
    genuine : bool [n], whether both images show one person
    people : int64 [images], who each image shows; None where nobody says
    folds : contiguous folds that the pairs make, for accuracy and VAL: how many, of equal length,
        or how many pairs each has
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    genuine: NDArray[np.bool_]
    people: NDArray[np.int64] | None
    folds: Folds = FOLDS

    def units(self) -> Units:
        """What is drawn: people, or groups of images that genuine pairs connect."""
        if self.people is None:
            return Units.of_images(self.left, self.right, self.genuine)
        return Units.of_people(self.people[self.left], self.people[self.right])


@dataclass(frozen=True, eq=False)
class Evidence:
    """What one model's embeddings say of one dataset.

    Attributes
    ----------
    figures : by metric
    points : each TAR@FAR with the counts behind it, by metric
    resampled : float64 [resamples] by metric, for the metrics that have an interval; the same
        draws for every model on the dataset, so that differences are paired
    at_threshold : float64 [resamples], ``tar`` and ``far`` at the threshold of TAR@FAR=1e-3 of the
        listed pairs, which a deployment keeps
    distances : float64 [n], of the listed pairs
    """

    figures: Mapping[str, float]
    points: Mapping[str, TarAtFar]
    resampled: Mapping[str, Floats]
    distances: Floats
    at_threshold: Mapping[str, Floats] = field(default_factory=dict)

    def joined(self, more: "Evidence") -> "Evidence":
        """This evidence with further figures of the same model."""
        return replace(
            self,
            figures={**self.figures, **more.figures},
            resampled={**self.resampled, **more.resampled},
        )

    def as_deployed(self) -> "Evidence":
        """FP32's own figures under the names of a candidate's in FP32's deployment."""
        tar, far = "tar_at_far_1e-3", self.points["tar_at_far_1e-3"].far
        fixed = {"tar": self.at_threshold["tar"], "far": self.at_threshold["far"]}
        figures, resampled = dict(self.figures), dict(self.resampled)
        for side in ("kept", "mixed"):
            figures |= {f"{side}_tar_1e-3": self.figures[tar], f"{side}_far_1e-3": far}
            resampled |= {f"{side}_{name}_1e-3": values for name, values in fixed.items()}
        figures["mixed_tar_at_far_1e-3"] = self.figures[tar]
        resampled["mixed_tar_at_far_1e-3"] = self.resampled[tar]
        return replace(self, figures=figures, resampled=resampled)


class Evaluator:
    """Turns embeddings into evidence; draws its people once for all models on a dataset."""

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs
        self.units = pairs.units()
        self._drawn = draw(self.units.count)

    def evaluate(self, rows: NDArray[np.float32]) -> Evidence:
        """The evidence of embeddings, float32 [images, d], rows of unit length.

        Raises
        ------
        VerificationError
            where the pairs have no figures.
        """
        genuine, folds = self._pairs.genuine, self._pairs.folds
        distances = self._distances(rows, rows)
        again = ResampledPairs(distances, genuine, folds)
        found = self._listed(distances, again)
        if self._pairs.people is not None:
            everyone = self._everyone(rows, self._pairs.people)
            found = replace(found.joined(everyone), points={**found.points, **everyone.points})
        figures = dict(found.figures)
        for name, point in found.points.items():
            figures |= {name: point.tar, f"{name}_threshold": point.threshold}
        threshold = found.points["tar_at_far_1e-3"].threshold
        at_threshold = self._resample(
            {
                "tar": partial(again.tar_at, threshold=threshold),
                "far": partial(again.far_at, threshold=threshold),
            }
        )
        return replace(found, figures=figures, at_threshold=at_threshold)

    def _listed(self, distances: Floats, again: ResampledPairs) -> Evidence:
        """The listed pairs alone."""
        targets = tuple(FAR_TARGETS.values())
        found = verify(distances, self._pairs.genuine, targets, self._pairs.folds)
        points = zip(FAR_TARGETS, found.tar_at_far, strict=True)
        figures = {
            "accuracy": found.accuracy,
            "accuracy_std": found.accuracy_std,
            "accuracy_threshold": found.accuracy_threshold,
            "roc_auc": found.roc_auc,
            "eer": found.eer,
            "eer_threshold": found.eer_threshold,
            **_val(distances, self._pairs.genuine, self._pairs.folds),
        }
        metrics: dict[str, Figure] = {
            "accuracy": again.accuracy,
            "roc_auc": again.auc,
            "eer": again.eer,
        }
        for name, target in FAR_TARGETS.items():
            metrics[f"tar_at_far_{name}"] = partial(again.tar_at_far, far_target=target)
        return Evidence(
            figures,
            {f"tar_at_far_{name}": point for name, point in points},
            self._resample(metrics),
            distances,
        )

    def deploy(
        self, fp32_rows: NDArray[np.float32], rows: NDArray[np.float32], fp32: Evidence
    ) -> Evidence:
        """What a swap does to a deployment that keeps FP32's threshold at FAR 1e-3.

        ``kept``: the candidate on both sides. ``mixed``: an FP32 gallery (left) that nobody enrols
        anew, and the candidate's probes (right); ``mixed_tar_at_far_1e-3`` has a threshold of its
        own.
        """
        threshold = fp32.points["tar_at_far_1e-3"].threshold
        sides = {
            "kept": ResampledPairs(self._distances(rows, rows), self._pairs.genuine),
            "mixed": ResampledPairs(self._distances(fp32_rows, rows), self._pairs.genuine),
        }
        metrics: dict[str, Figure] = {}
        for name, pairs in sides.items():
            metrics[f"{name}_tar_1e-3"] = partial(pairs.tar_at, threshold=threshold)
            metrics[f"{name}_far_1e-3"] = partial(pairs.far_at, threshold=threshold)
        metrics["mixed_tar_at_far_1e-3"] = partial(sides["mixed"].tar_at_far, far_target=1e-3)
        once = np.ones((1, len(self._pairs.genuine)), np.float32)
        figures = {name: float(metric(once)[0]) for name, metric in metrics.items()}
        return Evidence(figures, {}, self._resample(metrics), self._distances(fp32_rows, rows))

    def _distances(self, left: NDArray[np.float32], right: NDArray[np.float32]) -> Floats:
        return squared_distances(left[self._pairs.left], right[self._pairs.right])

    def _resample(self, metrics: Mapping[str, Figure]) -> dict[str, Floats]:
        def figures(drawn: Weights) -> dict[str, Floats]:
            weights = self.units.weights(drawn)
            return {name: metric(weights) for name, metric in metrics.items()}

        return resample(self._drawn, figures)

    def _everyone(self, rows: NDArray[np.float32], people: NDArray[np.int64]) -> Evidence:
        """All pairs of the images; thresholds of resamples lie among the nearest impostors."""
        targets = {**ALL_PAIRS_FAR_TARGETS, "margin": _MARGIN * max(FAR_TARGETS.values())}
        found = all_pairs(rows, people, tuple(targets.values()))
        points = {
            f"all_pairs_tar_at_far_{name}": point
            for name, point in zip(targets, found.tar_at_far, strict=True)
            if name in FAR_TARGETS or (name != "margin" and point.resolvable)
        }
        figures = {"all_pairs_eer": found.eer, "all_pairs_eer_threshold": found.eer_threshold}
        again = ResampledAllPairs(rows, people, found.tar_at_far[-1].threshold)
        # The listed pairs may leave out people; those draws are then of the people of all images.
        drawn = self._drawn
        if again.people != self.units.count:
            drawn = draw(again.people)
        resampled = resample(
            drawn,
            lambda some: {
                f"all_pairs_tar_at_far_{name}": again.tar_at_far(some, target)
                for name, target in FAR_TARGETS.items()
            },
        )
        return Evidence(figures, points, resampled, np.empty(0))


def _val(distances: Floats, genuine: NDArray[np.bool_], folds: Folds) -> dict[str, float]:
    try:
        found = fold_val(distances, genuine, folds=folds)
    except VerificationError:
        return {}  # a fold of one class alone has no VAL, as in a small set
    return {"val_at_far_1e-3": found.val, "val_far_1e-3": found.far}
