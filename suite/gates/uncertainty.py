"""Evidence made records: intervals, changes against FP32, resolution, and which pairs flipped."""

import numpy as np

from suite.datasets.face_set import FaceSet
from suite.judging.measured import Change, Flip, Resolution, Uncertainty
from suite.verification.bootstrap import interval
from suite.verification.draws import Units
from suite.verification.evidence import Evidence
from suite.verification.roc import TarAtFar

UNRESOLVABLE = "not resolvable: this is TAR at FAR=0"
WEAK = "weak: fewer than 10 false accepts set the threshold"
FEW_PEOPLE = "weak: the false accepts are of fewer than 10 pairs of people"
# Of false accepts, and of distinct pairs of people among them: a threshold that fewer set follows
# single images. Ten leave a FAR a relative standard error of a third, 1 / √10.
LEAST = 10


def uncertainty(units: Units, evidence: Evidence, fp32: Evidence | None = None) -> Uncertainty:
    """The intervals of a mode's figures, and of what changed against FP32 on the same draws."""
    intervals = {}
    for name, values in evidence.resampled.items():
        found = interval(values)
        intervals[name] = (found.low, found.high)
    changes = {}
    for name, values in (evidence.resampled if fp32 else {}).items():
        assert fp32 is not None
        found = interval(values - fp32.resampled[name])
        point = evidence.figures[name] - fp32.figures[name]
        changes[name] = Change(point=point, low=found.low, high=found.high)
    return Uncertainty(
        drawn="people" if units.people else "images",
        units=units.count,
        intervals=intervals,
        changes=changes,
        resolution={
            name: _resolution(point, evidence.operating[name].people_pairs)
            for name, point in evidence.points.items()
        },
    )


def flips(faces: FaceSet, evidence: Evidence, fp32: Evidence) -> tuple[Flip, ...]:
    """The pairs that FP32 and a mode decide otherwise, the farthest moved first."""
    kept, own = (each.figures["accuracy_threshold"] for each in (fp32, evidence))
    before, now = fp32.distances, evidence.distances
    flipped_own = (before < kept) != (now < own)
    flipped_kept = (before < kept) != (now < kept)
    pairs = np.flatnonzero(flipped_own | flipped_kept)
    moved = np.abs(now[pairs] - before[pairs])
    return tuple(
        Flip(
            pair=int(pair),
            left=faces.faces[faces.left[pair]].name,
            right=faces.faces[faces.right[pair]].name,
            genuine=bool(faces.genuine[pair]),
            fp32_distance=float(before[pair]),
            distance=float(now[pair]),
            own=bool(flipped_own[pair]),
            kept=bool(flipped_kept[pair]),
        )
        for pair in pairs[np.argsort(-moved, kind="stable")]
    )


def _resolution(point: TarAtFar, people_pairs: int | None) -> Resolution:
    expected = point.expected_false_accepts
    return Resolution(
        far_target=point.far_target,
        impostors=point.impostors,
        expected_false_accepts=expected,
        false_accepts=point.false_accepts,
        people_pairs=people_pairs,
        flag=_flag(point, people_pairs),
    )


def _flag(point: TarAtFar, people_pairs: int | None) -> str:
    if not point.resolvable:
        return UNRESOLVABLE
    # A target of a thousandth of ten thousand pairs is ten, whatever the product rounds to.
    if point.expected_false_accepts < LEAST * (1 - 1e-9):
        return WEAK
    return FEW_PEOPLE if people_pairs is not None and people_pairs < LEAST else ""
