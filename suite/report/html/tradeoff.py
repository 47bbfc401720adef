"""Accuracy against latency against size: which mode of a model buys what with what."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from suite.catalog.figures import FIGURES
from suite.catalog.source import Precision
from suite.report.cases import CaseRow
from suite.report.html.axis import Axis, Scale, around
from suite.report.html.plot import Plot
from suite.report.reference import by_its_name

_MIB = 2**20
# The radius of the largest file, in user units: areas are as sizes.
_LARGEST = 15.0
_SMALLEST = 3.5


def tradeoff(
    cases: Sequence[CaseRow], kinds: Mapping[str, str], precision: Precision = "float32"
) -> Markup | None:
    """A point a mode: latency or, where none was timed, size across, the main TAR up.

    ``cases`` are of one model on one set, and ``precision`` is its source's. None where fewer than
    two modes have both.
    """
    timed = [case for case in cases if case.tar is not None and case.latency_ms]
    sized = [case for case in cases if case.tar is not None and case.size_bytes]
    shown = timed if len(timed) > 1 else sized
    if len(shown) < 2:
        return None
    by_time = shown is timed
    fp32 = next((case.latency_ms for case in shown if kinds[case.mode] == "m0"), None)
    places = [_across(case, fp32, by_time=by_time) for case in shown]
    ends = [end for case in shown for end in _ends(case)]
    up = around(ends)
    plot = Plot(
        "Accuracy against speed and size",
        Axis(min(places) / 1.25, max(places) * 1.35, Scale.LOG),
        Axis(up.low, min(up.high, 1.0) if max(ends) < 1 else up.high),
        ("latency, p50 (ms): FP32's over the speed-up" if fp32 else "latency, p50 (ms)")
        if by_time
        else "size (MiB)",
        FIGURES[shown[0].tar_name or ""].label,
    )
    largest = max(case.size_bytes or 0 for case in shown) or 1
    radii = [max(_LARGEST * ((case.size_bytes or 0) / largest) ** 0.5, _SMALLEST) for case in shown]
    for case, radius, x in zip(shown, radii, places, strict=True):
        low, high = _ends(case)
        if low < high:
            plot.whisker(x, low, high, kinds[case.mode])
        plot.point(x, _tar(case), f"sized {kinds[case.mode]}", _said(case), radius=radius)
    for case, radius, x in zip(shown, radii, places, strict=True):
        (mode,) = by_its_name([case.mode], precision)
        plot.words(x, _tar(case), mode, kinds[case.mode], radius=radius)
    return plot.svg


def _across(case: CaseRow, fp32_ms: float | None, *, by_time: bool) -> float:
    """Size, or latency: FP32's over the speed-up, which was measured in turn with it."""
    if not by_time:
        return (case.size_bytes or 0) / _MIB
    if fp32_ms and case.speedup:
        return fp32_ms / case.speedup.point
    return case.latency_ms or 0.0


def _tar(case: CaseRow) -> float:
    return case.tar or 0.0


def _ends(case: CaseRow) -> tuple[float, float]:
    """What the TAR may be: FP32's, moved by the interval of the difference to it."""
    tar = _tar(case)
    if case.tar_change is None:
        return tar, tar
    fp32 = tar - case.tar_change.point
    return fp32 + case.tar_change.low, fp32 + case.tar_change.high


def _said(case: CaseRow) -> str:
    label = FIGURES[case.tar_name or ""].label
    words = [f"{case.mode}: {label} {case.tar:.4f}"]
    if case.tar_change and case.tar_change.low < case.tar_change.high:
        change = case.tar_change
        words.append(f"to FP32 {change.point:+.4f} ({change.low:+.4f} … {change.high:+.4f})")
    if case.latency_ms:
        words.append(f"p50 {case.latency_ms:.2f} ms")
    if case.speedup:
        words.append(f"{case.speedup} FP32")
    if case.size_bytes:
        words.append(f"{case.size_bytes / _MIB:.2f} MiB")
    return ", ".join(words)
