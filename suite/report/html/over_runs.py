"""Figures over runs: a small chart each, those that moved first."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from suite.catalog.figures import FIGURES
from suite.report.history import Point, Series, series_of
from suite.report.history_line import past_runs
from suite.report.html.axis import around
from suite.report.html.plot import Plot
from suite.report.model import Report

# Of a long history the runs shown are the last ones.
_RUNS = 60


@dataclass(frozen=True)
class Course:
    """A figure over runs, drawn.

    ``moved`` says when it last did, and from what to what; empty where it never did.
    """

    of: str
    label: str
    last: str
    moved: str
    svg: Markup


def series(report: Report) -> list[Series]:
    """Each figure that two runs or more measured, this one's included; those that moved last first.

    None of a run that did not end, which is no part of a history.
    """
    if not report.history:
        return []
    runs = [*report.history, *(past_runs(report) if report.complete else ())]
    found = [each for each in series_of(runs[-_RUNS:]) if len(each.points) > 1]
    return sorted(found, key=_since_it_moved)


def _since_it_moved(series: Series) -> int:
    moves = series.moves
    return len(series.points) - moves[-1] if moves else len(series.points) + _RUNS


def course(series: Series) -> Course:
    """A figure over runs, drawn."""
    figure = FIGURES.get(series.figure)
    label = figure.label if figure else series.figure
    on = f" on {series.dataset}" if series.dataset else ""
    points, moves = series.points, series.moves
    plot = Plot(
        f"{label} over runs",
        around([0, len(points) - 1], share=0.03),
        around([end for point in points for end in point.interval or (point.value,)]),
        f"{len(points)} runs, the last to the right",
        "",
        width=340,
        height=170,
        left=58,
        bottom=26,
        ticks_across=False,
    )
    plot.line([(i, point.value) for i, point in enumerate(points)], "m1", label)
    for i, point in enumerate(points):
        if point.interval:
            plot.whisker(i, *point.interval, "m1")
        kind = "moved" if i in moves else "m1"
        said = f"{_text(series, point.value)}, {_of(point)}"
        plot.point(i, point.value, kind, said, radius=3.5 if i in moves else 2.5)
    return Course(
        of=f"{series.model} {series.mode}{on} ({series.provider}, {series.profile})",
        label=label,
        last=_text(series, points[-1].value),
        moved=_moved(series, points, moves),
        svg=plot.svg,
    )


def _moved(series: Series, points: Sequence[Point], moves: Sequence[int]) -> str:
    if not moves:
        return ""
    before, now = points[moves[-1] - 1], points[moves[-1]]
    return f"{_text(series, before.value)} → {_text(series, now.value)}, {_of(now)}"


def _text(series: Series, value: float) -> str:
    figure = FIGURES.get(series.figure)
    return f"{value:.{figure.digits}f}" if figure else f"{value:g}"


def _of(point: Point) -> str:
    run = point.run
    of = f", {run.branch} {run.commit[:7]}" if run.commit else ""
    return f"run of {run.started[:16].replace('T', ' ')}{of}, {run.device}"
