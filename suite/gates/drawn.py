"""Evidence made what a report draws: curves, histograms, operating points, closeness, pictures."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets.face_set import FaceSet
from suite.judging.drawn import (
    Closeness,
    DistantImage,
    ErrorCurve,
    KeptThreshold,
    OperatingPoint,
    PairKind,
    ScoreHistogram,
    SettingPair,
)
from suite.verification.bootstrap import interval
from suite.verification.curves import ErrorCurve as MeasuredCurve
from suite.verification.curves import Errors
from suite.verification.curves import ScoreHistogram as MeasuredScores
from suite.verification.evidence import SETTING, Evidence, PairAt

# Shares of the images, dense where cosines are low.
QUANTILES = (
    *(0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5),
    *(0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99, 1.0),
)
WORST = 10
_KINDS: tuple[PairKind, ...] = ("listed", "all")


def drawn(
    faces: FaceSet,
    evidence: Evidence,
    fp32: Evidence | None = None,
    accepted: Mapping[str, float] = MappingProxyType({}),
) -> dict[str, Any]:
    """The fields of a verification's `Measured` that a report draws.

    ``fp32`` is None of itself; ``accepted`` are the accepted thresholds that the evidence has the
    errors of.
    """
    of_fp32 = {
        name: each.point.threshold for name, each in (fp32.operating if fp32 else {}).items()
    }
    return {
        "curves": {kind: _curve(evidence.curves[kind]) for kind in _kinds(evidence.curves)},
        "scores": {kind: _scores(evidence.scores[kind]) for kind in _kinds(evidence.scores)},
        "thresholds": tuple(
            _point(faces, evidence, name, of_fp32.get(name), accepted.get(name))
            for name in evidence.operating
        ),
    }


def closeness(cosines: NDArray[np.float64], names: Sequence[str]) -> Closeness:
    """How the cosines to FP32 spread, float64 [n], and which images are the farthest."""
    # A stable order: of images that are as far, the first of the set.
    farthest = np.argsort(cosines, kind="stable")[:WORST]
    return Closeness(
        images=len(cosines),
        quantile=QUANTILES,
        cosine=tuple(np.quantile(cosines, QUANTILES).tolist()),
        worst=tuple(
            DistantImage(image=names[place], cosine=float(cosines[place])) for place in farthest
        ),
    )


def _kinds(known: Mapping[str, object]) -> list[PairKind]:
    return [kind for kind in _KINDS if kind in known]


def _curve(curve: MeasuredCurve) -> ErrorCurve:
    false_accepts, false_rejects = curve.false_accepts.tolist(), curve.false_rejects.tolist()
    return ErrorCurve(
        genuine=curve.genuine,
        impostors=curve.impostors,
        threshold=tuple(curve.thresholds.tolist()),
        fmr=tuple(_share(count, curve.impostors) for count in false_accepts),
        fnmr=tuple(_share(count, curve.genuine) for count in false_rejects),
        false_accepts=tuple(false_accepts),
        false_rejects=tuple(false_rejects),
    )


def _share(count: int, of: int) -> float:
    """A rate in six digits: the counts beside it are exact."""
    return float(f"{count / of:.6g}")


def _scores(scores: MeasuredScores) -> ScoreHistogram:
    return ScoreHistogram(
        edges=tuple(scores.edges.tolist()),
        genuine=tuple(scores.genuine.tolist()),
        impostors=tuple(scores.impostors.tolist()),
    )


def _point(
    faces: FaceSet, evidence: Evidence, name: str, fp32: float | None, accepted: float | None
) -> OperatingPoint:
    mine = evidence.operating[name]
    point, ends = mine.point, interval(mine.resampled)
    pairs: PairKind = "all" if name.startswith("all_pairs") else "listed"
    setting = mine.set_by
    if pairs == "listed":
        setting = _next_to(faces, evidence.distances, point.threshold)
    return OperatingPoint(
        pairs=pairs,
        far_target=point.far_target,
        threshold=point.threshold,
        interval=(ends.low, ends.high) if np.isfinite([ends.low, ends.high]).all() else None,
        impostors=point.impostors,
        genuine=point.genuine,
        false_accepts=point.false_accepts,
        false_rejects=round((1 - point.tar) * point.genuine),
        kept=_kept(fp32, mine.kept),
        accepted=_kept(accepted, mine.accepted),
        set_by=tuple(
            SettingPair(
                left=faces.faces[each.left].name,
                right=faces.faces[each.right].name,
                distance=each.distance,
                accepted=each.accepted,
            )
            for each in setting
        ),
    )


def _kept(threshold: float | None, errors: Errors | None) -> KeptThreshold | None:
    if threshold is None or errors is None:
        return None
    return KeptThreshold(
        threshold=threshold,
        false_accepts=errors.false_accepts,
        false_rejects=errors.false_rejects,
    )


def _next_to(
    faces: FaceSet, distances: NDArray[np.float64], threshold: float
) -> tuple[PairAt, ...]:
    """The listed impostor pairs that set a threshold, the farthest first."""
    impostors = np.flatnonzero(~faces.genuine)
    impostors = impostors[np.argsort(distances[impostors], kind="stable")]
    accepted = int(np.searchsorted(distances[impostors], threshold, side="left"))
    return tuple(
        PairAt(
            left=int(faces.left[pair]),
            right=int(faces.right[pair]),
            distance=float(distances[pair]),
            accepted=bool(distances[pair] < threshold),
        )
        for pair in impostors[max(accepted - SETTING, 0) : accepted + 1][::-1]
    )
