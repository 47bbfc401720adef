"""The thresholds of a run, as a deployment configures them: ``thresholds.json``."""

import json
from collections.abc import Sequence
from typing import Literal

from suite.catalog.gate import Gate
from suite.judging.drawn import KeptThreshold, OperatingPoint, PairKind
from suite.judging.outcome import Outcome
from suite.judging.part import Cosine, Count, Distance, Frozen, Rate
from suite.judging.record import Record
from suite.report.model import Report

TARGETS = (1e-3, 1e-4, 1e-5, 1e-6)
# The rule of three: fewer expected errors than this leave a rate open within 95 % of certainty.
LEAST_EXPECTED = 3


class Kept(Frozen):
    """What FP32's threshold for the same FMR makes of the mode."""

    squared_distance: Distance
    cosine: Cosine
    false_accepts: Count
    false_rejects: Count
    fmr: Rate
    fnmr: Rate


class Threshold(Frozen):
    """A threshold at an FMR: accept a pair of a squared distance below it, of a cosine above it.

    Intervals are of 95 %, over draws of people. ``fmr`` and ``fnmr`` are what it comes to, with the
    pairs behind them. ``keeping_fp32`` is null of FP32 itself.
    """

    fmr_target: Rate
    squared_distance: Distance
    squared_distance_interval: tuple[Distance, Distance] | None
    cosine: Cosine
    cosine_interval: tuple[Cosine, Cosine] | None
    false_accepts: Count
    false_rejects: Count
    fmr: Rate
    fnmr: Rate
    keeping_fp32: Kept | None


class Unresolved(Frozen):
    """An FMR at which these pairs set no threshold, and why."""

    fmr_target: Rate
    why: str


class ArtifactThresholds(Frozen):
    """The thresholds of one artifact on one set; ``pairs`` are all of its images' where known.

    ``outcome`` is that of its verification: a mode that failed is not to be deployed.
    """

    model: str
    mode: str
    artifact_sha256: str
    dataset: str
    dataset_sha256: str
    provider: str
    profile: str
    outcome: Outcome
    pairs: PairKind
    genuine_pairs: Count
    impostor_pairs: Count
    thresholds: tuple[Threshold, ...]
    unresolved: tuple[Unresolved, ...]


class Thresholds(Frozen):
    """All of a run."""

    schema_version: Literal[1] = 1
    complete: bool
    artifacts: tuple[ArtifactThresholds, ...]


def thresholds_of(report: Report) -> Thresholds:
    """The thresholds of each artifact on each set that a run measured."""
    found = (_of_record(r) for r in report.records if r.gate is Gate.VERIFICATION)
    return Thresholds(complete=report.complete, artifacts=tuple(filter(None, found)))


def to_thresholds(report: Report) -> str:
    """``thresholds.json``."""
    document = thresholds_of(report).model_dump(mode="json")
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _of_record(record: Record) -> ArtifactThresholds | None:
    points = record.measured.thresholds if record.measured else ()
    kinds = {point.pairs for point in points}
    if not kinds:
        return None
    pairs: PairKind = "all" if "all" in kinds else "listed"
    mine = [point for point in points if point.pairs == pairs]
    return ArtifactThresholds(
        model=record.model,
        mode=record.mode,
        artifact_sha256=record.hashes.get("artifact", ""),
        dataset=record.dataset or "",
        dataset_sha256=record.hashes.get("dataset", ""),
        provider=record.provider,
        profile=record.profile,
        outcome=record.outcome,
        pairs=pairs,
        genuine_pairs=mine[0].genuine,
        impostor_pairs=mine[0].impostors,
        thresholds=tuple(_threshold(point) for point in mine if _resolves(point)),
        unresolved=tuple(_unresolved(mine)),
    )


def _resolves(point: OperatingPoint) -> bool:
    # 3,000 × 0.001 is 3, whichever way the product is rounded.
    return round(point.impostors * point.far_target, 9) >= LEAST_EXPECTED


def _unresolved(points: Sequence[OperatingPoint]) -> list[Unresolved]:
    told = {point.far_target for point in points if _resolves(point)}
    impostors = points[0].impostors
    return [
        Unresolved(
            fmr_target=target,
            why=f"of {impostors:,} impostor pairs {impostors * target:.3g} are expected to be "
            f"accepted, and fewer than {LEAST_EXPECTED} set no threshold; "
            f"{round(LEAST_EXPECTED / target):,} pairs do",
        )
        for target in TARGETS
        if target not in told
    ]


def _threshold(point: OperatingPoint) -> Threshold:
    ends = point.interval
    return Threshold(
        fmr_target=point.far_target,
        squared_distance=point.threshold,
        squared_distance_interval=ends,
        cosine=cosine(point.threshold),
        cosine_interval=(cosine(ends[1]), cosine(ends[0])) if ends else None,
        false_accepts=point.false_accepts,
        false_rejects=point.false_rejects,
        fmr=point.false_accepts / point.impostors,
        fnmr=point.false_rejects / point.genuine,
        keeping_fp32=_kept(point, point.kept) if point.kept else None,
    )


def _kept(point: OperatingPoint, kept: KeptThreshold) -> Kept:
    return Kept(
        squared_distance=kept.threshold,
        cosine=cosine(kept.threshold),
        false_accepts=kept.false_accepts,
        false_rejects=kept.false_rejects,
        fmr=kept.false_accepts / point.impostors,
        fnmr=kept.false_rejects / point.genuine,
    )


def cosine(squared_distance: float) -> float:
    """The cosine of two vectors of unit length at a squared distance: d = 2 − 2 cos."""
    return 1 - squared_distance / 2
