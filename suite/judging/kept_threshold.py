"""What is judged in place of figures that a set cannot resolve: errors at a threshold kept.

A TAR at a FAR that few false accepts set follows single images: its threshold is the distance of
one impostor pair. At a threshold that is given, the accepted one or FP32's, TAR and FAR are counts
of the whole set.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from suite.catalog.figures import FIGURES, at_kept_threshold
from suite.judging.drawn import KeptThreshold, OperatingPoint
from suite.judging.measured import Measured

# An accepted threshold is the distance of an impostor pair, rounded, which another machine computes
# anew: so far below it that pair stays beyond, as it was.
_BELOW = 1e-5


@dataclass(frozen=True)
class StandIn:
    """A figure at a threshold kept: its name, what it is, and what it was with that threshold."""

    name: str
    value: float
    reference: float


def just_below(threshold: float) -> float:
    """Where the errors at an accepted threshold are counted."""
    return threshold * (1 - _BELOW)


def unresolved(measured: Measured) -> dict[str, str]:
    """The figures that the set cannot resolve, by name the TAR@FAR that each rests on."""
    resolution = measured.uncertainty.resolution if measured.uncertainty else {}
    flagged = {name for name, point in resolution.items() if point.flag}
    return {
        name: rests_on
        for name in measured.known
        if (rests_on := FIGURES[name].rests_on) is not None and rests_on in flagged
    }


def at_accepted(measured: Measured, accepted: Mapping[str, float], name: str) -> list[StandIn]:
    """TAR and FAR at the accepted threshold of a TAR@FAR; none where that was not looked at.

    ``accepted`` are the accepted figures. Their FAR is as large as the target lets it be: that is
    how the threshold was found.
    """
    point = _point(measured, name)
    tar, threshold = accepted.get(name), accepted.get(f"{name}_threshold")
    if point is None or point.accepted is None or tar is None or threshold is None:
        return []
    if point.accepted.threshold != just_below(threshold):  # a finished run, accepted anew since
        return []
    of_tar, of_far = at_kept_threshold(name)
    allowed = _most_within(point.far_target, point.impostors) / point.impostors
    return [
        StandIn(of_tar, _tar(point, point.accepted), tar),
        StandIn(of_far, point.accepted.false_accepts / point.impostors, allowed),
    ]


def at_fp32s(measured: Measured, name: str) -> StandIn | None:
    """TAR at FP32's threshold of a TAR@FAR; None where that was not looked at."""
    point, fp32 = _point(measured, name), measured.fp32.get(name)
    if point is None or point.kept is None or fp32 is None:
        return None
    return StandIn(at_kept_threshold(name)[0], _tar(point, point.kept), fp32)


def _point(measured: Measured, name: str) -> OperatingPoint | None:
    pairs = "all" if name.startswith("all_pairs") else "listed"
    far = FIGURES[name].far
    found = (p for p in measured.thresholds if p.pairs == pairs and p.far_target == far)
    return next(found, None)


def _tar(point: OperatingPoint, kept: KeptThreshold) -> float:
    return 1 - kept.false_rejects / point.genuine


def _most_within(far_target: float, impostors: int) -> int:
    """The most false accepts whose share does not exceed a target."""
    nearest = round(far_target * impostors)
    return nearest - (nearest / impostors > far_target)
