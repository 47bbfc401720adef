"""Histograms of a mode's scores beside FP32's, genuine and impostor pairs."""

from collections.abc import Sequence

from markupsafe import Markup

from suite.judging.drawn import PairKind, ScoreHistogram
from suite.judging.record import Record
from suite.report.html.axis import Axis
from suite.report.html.plot import Plot, Point
from suite.report.thresholds import cosine

_CLASSES = ("genuine", "impostors")


def histogram(record: Record, fp32: Record | None, kind: PairKind, style: str) -> Markup | None:
    """One mode's densities as lines over FP32's as areas, where FP32 was measured."""
    scores = _scores(record, kind)
    if record.measured is None or scores is None:
        return None
    beneath = _scores(fp32, kind) if fp32 else None
    both = [scores, *([beneath] if beneath else [])]
    heights = [_densities(each, of) for each in both for of in _CLASSES]
    plot = Plot(
        f"Scores of {record.mode}",
        Axis(min(each.edges[0] for each in both), max(each.edges[-1] for each in both)),
        Axis(0.0, max(map(max, heights)) * 1.06 or 1.0),
        "squared distance, genuine pairs to the left",
        "density",
        width=340,
        height=220,
    )
    for of in _CLASSES if beneath else ():
        assert beneath is not None
        words = f"FP32: {of if of == 'genuine' else 'impostor'} pairs"
        plot.area(_outline(plot, beneath, of), f"m0 {of}", words)
    for of in _CLASSES:
        words = f"{record.mode}: {of if of == 'genuine' else 'impostor'} pairs"
        plot.line(_outline(plot, scores, of), f"{style} {of}", words)
    point = next((p for p in record.measured.thresholds if p.pairs == kind), None)
    if point:
        at = f"at FMR ≤ {point.far_target:g}"
        said = f"threshold {point.threshold:.4f} {at}, cosine {cosine(point.threshold):.4f}"
        plot.rule(point.threshold, style, f"{record.mode}: {said}")
        if point.kept:
            said = f"FP32's threshold {point.kept.threshold:.4f} {at}"
            plot.rule(point.kept.threshold, "m0 kept", said)
    return plot.svg


def _scores(record: Record, kind: PairKind) -> ScoreHistogram | None:
    return record.measured.scores.get(kind) if record.measured else None


def _densities(scores: ScoreHistogram, of: str) -> list[float]:
    """Shares of the class's pairs a unit of squared distance: bins may differ in width."""
    counts: Sequence[int] = getattr(scores, of)
    total = sum(counts) or 1
    widths = [high - low for low, high in zip(scores.edges, scores.edges[1:], strict=False)]
    return [count / total / width for count, width in zip(counts, widths, strict=True)]


def _outline(plot: Plot, scores: ScoreHistogram, of: str) -> list[Point]:
    return plot.steps(scores.edges, _densities(scores, of))
