"""DET curves of a set: both error rates of each mode against each other.

A. Martin and others, "The DET curve in assessment of detection task performance", 1997; an axis
ends where the pairs resolve nothing more: at 3 / N, the rule of three.
"""

from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from suite.catalog.figures import FIGURES
from suite.judging.drawn import ErrorCurve, OperatingPoint, PairKind
from suite.judging.measured import Measured
from suite.judging.record import Record
from suite.report.html.axis import Axis, Scale
from suite.report.html.plot import Plot, Point
from suite.report.thresholds import LEAST_EXPECTED

# Beyond it a threshold accepts every second impostor.
_MOST_FMR = 0.5
_MOST = 0.999
# FP32's threshold of this FAR is the one that a deployment is taken to keep.
_KEPT_AT = 1e-3


def pair_kind(records: Sequence[Record]) -> PairKind:
    """The pairs that charts are of: all pairs of the images where they were measured."""
    known = [set(record.measured.curves) for record in records if record.measured]
    return "all" if known and all("all" in kinds for kinds in known) else "listed"


def det(
    records: Sequence[Record], kind: PairKind, kinds: Mapping[str, str], scale: Scale
) -> Markup | None:
    """The chart of one model's modes on one set; None where too few pairs leave no axis."""
    drawn = [
        (record.mode, record.measured, record.measured.curves[kind])
        for record in records
        if record.measured and kind in record.measured.curves
    ]
    if not drawn:
        return None
    fewest = min(curve.impostors for _, _, curve in drawn), min(c.genuine for *_, c in drawn)
    least_fmr, least_fnmr = (LEAST_EXPECTED / max(count, 1) for count in fewest)
    if least_fmr >= _MOST_FMR or least_fnmr >= _MOST_FMR:
        return None
    highest = max(_highest(measured, curve, kind, least_fmr) for _, measured, curve in drawn)
    most_fnmr = min(max(1.15 * highest, 10 * least_fnmr, 0.05), _MOST)
    plot = Plot(
        f"DET, {scale} axes",
        Axis(least_fmr, _MOST_FMR, scale),
        Axis(least_fnmr, most_fnmr, scale),
        "FMR: impostor pairs accepted",
        "FNMR: genuine pairs rejected",
    )
    for mode, _, curve in reversed(drawn):
        said = f"{mode}: {curve.genuine:,} genuine and {curve.impostors:,} impostor pairs"
        rates = zip(curve.fmr, curve.fnmr, strict=True)
        # Beyond the axis there is more of it, which its end must not take for a drop to zero.
        if shown := [(fmr, fnmr) for fmr, fnmr in rates if fmr <= _MOST_FMR]:
            plot.line(shown, kinds[mode], said)
    for mode, measured, curve in drawn:
        _points(plot, mode, measured, curve, kind, kinds[mode])
    return plot.svg


def _fnmr_at(curve: ErrorCurve, fmr: float) -> float:
    """The lowest FNMR at an FMR of at most this."""
    known = [n for f, n in zip(curve.fmr, curve.fnmr, strict=True) if f <= fmr]
    return min(known, default=1.0)


def _highest(measured: Measured, curve: ErrorCurve, kind: PairKind, least_fmr: float) -> float:
    """The highest FNMR of a mode that the chart shows, with its bands and at FP32's threshold."""
    found = [_fnmr_at(curve, least_fmr)]
    for point in (each for each in measured.thresholds if each.pairs == kind):
        ends = _band(measured, kind, point)
        found += [1 - ends[0]] if ends else []
        found += [point.kept.false_rejects / curve.genuine] if point.kept else []
    return max(found)


def _points(
    plot: Plot, mode: str, measured: Measured, curve: ErrorCurve, kind: PairKind, style: str
) -> None:
    """The FARs that the card asks for, each exactly, and what FP32's threshold makes of it."""
    for point in (each for each in measured.thresholds if each.pairs == kind):
        x, y = point.false_accepts / curve.impostors, point.false_rejects / curve.genuine
        ends = _band(measured, kind, point)
        if ends:
            plot.whisker(x, 1 - ends[1], 1 - ends[0], style)
        unsure = point.impostors * point.far_target < LEAST_EXPECTED
        said = f"{mode} at {_target(point)}: {_rates(point, (x, y), ends)}"
        if unsure:
            said += ", sets no threshold: fewer than 3 false accepts are expected"
        plot.point(x, y, f"{style}{' unsure' if unsure else ''}", said)
        if point.kept and point.far_target == _KEPT_AT:
            kept = (
                point.kept.false_accepts / curve.impostors,
                (point.kept.false_rejects / curve.genuine),
            )
            said = (
                f"{mode} at FP32's threshold for {_target(point)}: FMR {kept[0]:.3g} "
                f"({point.kept.false_accepts:,} pairs), FNMR {kept[1]:.4f}"
            )
            plot.point(*kept, f"kept {style}", said, mark="diamond")


def _target(point: OperatingPoint) -> str:
    return f"FMR ≤ {point.far_target:g}"


def _rates(point: OperatingPoint, rates: Point, ends: tuple[float, float] | None) -> str:
    said = (
        f"FNMR {rates[1]:.4f} ({point.false_rejects:,} of {point.genuine:,}), FMR {rates[0]:.3g} "
        f"({point.false_accepts:,} of {point.impostors:,}), threshold {point.threshold:.4f}"
    )
    return said + (f", FNMR 95 % {1 - ends[1]:.4f} … {1 - ends[0]:.4f}" if ends else "")


def _band(measured: Measured, kind: PairKind, point: OperatingPoint) -> tuple[float, float] | None:
    """The 95 % interval of the TAR at this FAR."""
    if measured.uncertainty is None:
        return None
    for name in _names(kind):
        if FIGURES[name].far == point.far_target and name in measured.uncertainty.intervals:
            return measured.uncertainty.intervals[name]
    return None


def _names(kind: PairKind) -> Iterator[str]:
    start = "all_pairs_tar_at_far_" if kind == "all" else "tar_at_far_"
    yield from (f"{start}1e-{power}" for power in (3, 4, 5, 6) if f"{start}1e-{power}" in FIGURES)
