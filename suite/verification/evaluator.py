"""All that the pairs of one model on one set say: figures, and the same on resampled people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from suite.catalog.folds import FOLDS
from suite.verification.all_pairs import MOST_NEAR, AllPairs, all_pairs
from suite.verification.bootstrap import (
    ResampledAllPairs,
    ResampledPairs,
    ResampledPoint,
)
from suite.verification.curves import Errors, error_curve, errors_at, score_histogram
from suite.verification.draws import Units, draw
from suite.verification.errors import VerificationError
from suite.verification.evidence import SETTING, Evidence, Floats, Operating
from suite.verification.folds import Folds, fold_val
from suite.verification.pair_figures import verify
from suite.verification.quanta import quanta_of_listed, quanta_of_points
from suite.verification.roc import Roc, TarAtFar
from suite.verification.scores import pair_distances

FAR_TARGETS = {"1e-3": 1e-3, "1e-4": 1e-4}
ALL_PAIRS_FAR_TARGETS = {**FAR_TARGETS, "1e-5": 1e-5, "1e-6": 1e-6}
LISTED, ALL = "listed", "all"
ALL_PAIRS = "all_pairs_tar_at_far"
_WITH_INTERVAL = tuple(f"{ALL_PAIRS}_{far}" for far in FAR_TARGETS)
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


@dataclass(frozen=True)
class Kept:
    """Thresholds by the TAR@FAR that they are of: FP32's of this run, and the accepted ones."""

    fp32: Mapping[str, float] = field(default_factory=dict)
    accepted: Mapping[str, float] = field(default_factory=dict)


_NONE_KEPT = Kept()


class Evaluator:
    """Turns embeddings into evidence; draws its people once for all models on a dataset."""

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs
        self.units = pairs.units()
        self._drawn = draw(self.units.count)

    def evaluate(self, rows: NDArray[np.float32], kept: Kept = _NONE_KEPT) -> Evidence:
        """The evidence of embeddings, float32 [images, d], rows of unit length.

        ``kept`` are thresholds of which the embeddings have the errors.

        Raises
        ------
        VerificationError
            where the pairs have no figures.
        """
        genuine, folds = self._pairs.genuine, self._pairs.folds
        distances = self._distances(rows, rows)
        again = ResampledPairs(distances, genuine, self.units.weights(self._drawn), folds)
        found = self._listed(distances, again, kept)
        if self._pairs.people is not None:
            found = found.joined(self._everyone(rows, self._pairs.people, kept))
        figures = dict(found.figures)
        for name, point in found.points.items():
            figures |= {name: point.tar, _threshold(name): point.threshold}
        threshold = found.points["tar_at_far_1e-3"].threshold
        at_threshold = {"tar": again.tar_at(threshold), "far": again.far_at(threshold)}
        return replace(found, figures=figures, at_threshold=at_threshold)

    def _listed(self, distances: Floats, again: ResampledPairs, kept: Kept) -> Evidence:
        """The listed pairs alone."""
        found = verify(distances, self._pairs.genuine, (), self._pairs.folds)
        roc = Roc.of(distances, self._pairs.genuine)
        points = _points("tar_at_far", map(roc.tar_at_far, ALL_PAIRS_FAR_TARGETS.values()))
        figures = {
            "accuracy": found.accuracy,
            "accuracy_std": found.accuracy_std,
            "accuracy_threshold": found.accuracy_threshold,
            "roc_auc": found.roc_auc,
            "eer": found.eer,
            "eer_threshold": found.eer_threshold,
            **_val(distances, self._pairs.genuine, self._pairs.folds),
        }
        resampled = {
            "accuracy": again.accuracy(),
            "roc_auc": again.auc(),
            "eer": again.eer(),
            **_at_fars(points, again.at_fars(_targets(points))),
        }
        named = {name: points[name] for name in (f"tar_at_far_{far}" for far in FAR_TARGETS)}
        impostor = ~self._pairs.genuine
        return Evidence(
            figures,
            named,
            {name: resampled[name] for name in (*figures, *named) if name in resampled},
            distances,
            operating={
                name: Operating(
                    point,
                    resampled[_threshold(name)],
                    _errors(roc, kept.fp32.get(name)),
                    _errors(roc, kept.accepted.get(name)),
                    people_pairs=_distinct(
                        self.units.left, self.units.right, impostor & (distances < point.threshold)
                    ),
                )
                for name, point in points.items()
            },
            quanta={
                **quanta_of_listed(self._pairs.genuine, self._pairs.folds),
                **quanta_of_points(named),
            },
            curves={LISTED: error_curve(roc)},
            scores={LISTED: score_histogram(roc)},
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
        genuine, weights = self._pairs.genuine, self.units.weights(self._drawn)
        figures: dict[str, float] = {}
        resampled: dict[str, Floats] = {}
        for side, left in (("kept", rows), ("mixed", fp32_rows)):
            distances = self._distances(left, rows)
            roc, again = Roc.of(distances, genuine), ResampledPairs(distances, genuine, weights)
            tar, far = f"{side}_tar_1e-3", f"{side}_far_1e-3"
            figures[tar] = roc.true_accepts(threshold) / len(roc.genuine)
            figures[far] = roc.false_accepts(threshold) / len(roc.impostors)
            resampled |= {tar: again.tar_at(threshold), far: again.far_at(threshold)}
        figures["mixed_tar_at_far_1e-3"] = roc.tar_at_far(1e-3).tar
        resampled["mixed_tar_at_far_1e-3"] = again.tar_at_far(1e-3)
        return Evidence(figures, {}, resampled, distances)

    def _distances(self, left: NDArray[np.float32], right: NDArray[np.float32]) -> Floats:
        return pair_distances(left, right, self._pairs.left, self._pairs.right)

    def _everyone(
        self, rows: NDArray[np.float32], people: NDArray[np.int64], kept: Kept
    ) -> Evidence:
        """All pairs of the images; thresholds of resamples lie among the nearest impostors."""
        targets = (*ALL_PAIRS_FAR_TARGETS.values(), _MARGIN * max(FAR_TARGETS.values()))
        both = (kept.fp32, kept.accepted)
        asked = [{n: of[n] for n in of if n.startswith(ALL_PAIRS)} for of in both]
        found = all_pairs(rows, people, targets, tuple(t for of in asked for t in of.values()))
        errors = iter(found.kept)
        of_fp32, of_accepted = ({name: next(errors) for name in of} for of in asked)
        points = _points(ALL_PAIRS, found.tar_at_far[:-1])
        figures = {"all_pairs_eer": found.eer, "all_pairs_eer_threshold": found.eer_threshold}
        resampled, left_out = self._people_drawn(found, people, points)
        apart = found.near.only(people[found.near.left] != people[found.near.right])
        shown = (people[apart.left], people[apart.right])
        return Evidence(
            figures,
            points,
            {name: values for name, values in resampled.items() if name in _WITH_INTERVAL},
            np.empty(0),
            operating={
                name: Operating(
                    point,
                    resampled.get(_threshold(name), np.full(1, np.nan)),
                    of_fp32.get(name),
                    of_accepted.get(name),
                    # Where they are too many to be kept, there are many of them.
                    _distinct(*shown, apart.distances < point.threshold)
                    if len(apart.distances)
                    else None,
                    apart.setting(point.threshold, SETTING),
                )
                for name, point in points.items()
            },
            quanta={
                **quanta_of_points(points),
                "all_pairs_eer": max(1 / found.genuine, 1 / found.impostors) / 2,
            },
            curves={ALL: found.curve},
            scores={ALL: found.scores},
            left_out=left_out,
        )

    def _people_drawn(
        self, found: AllPairs, people: NDArray[np.int64], points: Mapping[str, TarAtFar]
    ) -> tuple[dict[str, Floats], tuple[str, ...]]:
        """TARs and thresholds of all pairs when people are drawn, or why there are none."""
        near = round(found.tar_at_far[-1].expected_false_accepts)
        said = (
            f"no intervals over all pairs, and policies on those are held to the point: {near:,} "
        )
        said += f"impostor pairs lie within {_MARGIN} times FAR=1e-3"
        if near > MOST_NEAR:
            return {}, (f"{said}, of which {MOST_NEAR:,} at most are resampled",)
        try:
            images = np.bincount(people)
            # The listed pairs may leave out people; those draws are of the people of all images.
            drawn = self._drawn if len(images) == self.units.count else draw(len(images))
            again = ResampledAllPairs(found.near, people, drawn)
            return _at_fars(points, again.at_fars(_targets(points))), ()
        except MemoryError:
            return {}, (f"{said}, more than fit into memory with their draws",)


def _errors(roc: Roc, threshold: float | None) -> Errors | None:
    return None if threshold is None else errors_at(roc, threshold)


def _distinct(left: NDArray[np.int64], right: NDArray[np.int64], chosen: NDArray[np.bool_]) -> int:
    """How many distinct pairs the sides of the chosen pairs make, whichever side is which."""
    sides = np.sort([left[chosen], right[chosen]], axis=0).astype(np.int64)
    return len(np.unique(sides[0] << 32 | sides[1]))


def _points(kind: str, found: Iterable[TarAtFar]) -> dict[str, TarAtFar]:
    """Points by metric, the lower ones where the pairs resolve them."""
    named = zip(ALL_PAIRS_FAR_TARGETS, found, strict=True)
    return {f"{kind}_{far}": each for far, each in named if far in FAR_TARGETS or each.resolvable}


def _targets(points: Mapping[str, TarAtFar]) -> list[float]:
    return [point.far_target for point in points.values()]


def _threshold(name: str) -> str:
    return f"{name}_threshold"


def _at_fars(names: Iterable[str], points: Sequence[ResampledPoint]) -> dict[str, Floats]:
    """The TARs and the thresholds of resamples, by name."""
    named = dict(zip(names, points, strict=True))
    thresholds = {_threshold(name): point.threshold for name, point in named.items()}
    return {name: point.tar for name, point in named.items()} | thresholds


def _val(distances: Floats, genuine: NDArray[np.bool_], folds: Folds) -> dict[str, float]:
    try:
        found = fold_val(distances, genuine, folds=folds)
    except VerificationError:
        return {}  # a fold of one class alone has no VAL, as in a small set
    return {"val_at_far_1e-3": found.val, "val_far_1e-3": found.far}
