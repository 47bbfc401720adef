"""One figure held against one limit."""

import math
from collections.abc import Sequence

from suite.catalog.figures import FIGURES
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Row

# A baseline keeps seven significant digits; closer than that, figures are equal.
_EPSILON = 1e-6


def figure_row(
    name: str,
    value: float,
    accepted: float,
    tolerance: float,
    between: tuple[float, float] | None = None,
) -> Row:
    """A figure held against the accepted one."""
    figure = FIGURES[name]

    def difference(end: float) -> float:
        if not figure.relative:
            return end - accepted
        return (end - accepted) / accepted if accepted else math.inf

    interval = (difference(between[0]), difference(between[1])) if between else None
    ends = interval or (difference(value),)
    worse = [figure.loss(end) if figure.only_worse_fails else abs(end) for end in ends]
    slack = _EPSILON * (1.0 if figure.relative else max(1.0, abs(accepted)))
    return Row(
        metric=name,
        against=Against.BASELINE,
        reference=accepted,
        measured=value,
        difference=difference(value),
        limit=tolerance,
        outcome=_held(worse, tolerance + slack) if math.isfinite(value) else Outcome.FAIL,
        interval=interval,
    )


def _held(ends: Sequence[float], limit: float) -> Outcome:
    """Whether an interval of how much worse something is lies within a limit, beyond, or across."""
    if max(ends) <= limit:
        return Outcome.PASS
    return Outcome.FAIL if min(ends) > limit else Outcome.UNDECIDED


def samples_row(
    name: str, values: tuple[float, ...], accepted: tuple[float, ...], tolerance: float
) -> Row:
    """Samples held against the accepted ones: by the one that moved farthest."""
    same_length = len(values) == len(accepted)
    pairs = zip(values, accepted, strict=False)
    worst = max((abs(a - b) for a, b in pairs), default=0.0) if same_length else math.inf
    within = same_length and all(map(math.isfinite, values)) and worst <= tolerance + _EPSILON
    return Row(
        metric=name,
        against=Against.BASELINE,
        reference=None,
        measured=None,
        difference=worst if math.isfinite(worst) else None,
        limit=tolerance,
        outcome=Outcome.PASS if within else Outcome.FAIL,
    )


def loss_row(name: str, measured: Measured, limit: float, *, on_interval: bool) -> Row:
    """What a figure lost against FP32 held against what it may lose."""
    value, reference = measured.figures[name], measured.fp32[name]
    known = measured.uncertainty.changes.get(name) if measured.uncertainty else None
    interval = (known.low, known.high) if known and on_interval else None
    worse = [FIGURES[name].loss(end) for end in interval or (value - reference,)]
    return _policy_row(
        name, Against.FP32, (value, reference), limit, interval, _held(worse, limit + _EPSILON)
    )


def floor_row(name: str, measured: Measured, limit: float) -> Row:
    """A figure held against the least that it may be."""
    value, between = measured.figures[name], measured.intervals.get(name)
    interval = (between[0] - limit, between[1] - limit) if between else None
    below = [limit - end for end in between or (value,)]
    return _policy_row(name, Against.FLOOR, (value, limit), limit, interval, _held(below, _EPSILON))


def _policy_row(
    name: str,
    against: Against,
    values: tuple[float, float],
    limit: float,
    interval: tuple[float, float] | None,
    outcome: Outcome,
) -> Row:
    """A row of the policy; ``values`` are what was measured, and what it is held against."""
    value, reference = values
    return Row(
        metric=name,
        against=against,
        reference=reference,
        measured=value,
        difference=value - reference,
        limit=limit,
        outcome=outcome,
        interval=interval,
    )


def unknown_row(name: str, value: float | None, tolerance: float) -> Row:
    """A figure that nothing is accepted of, because the suite that accepted did not know it."""
    return Row(
        metric=name,
        against=Against.BASELINE,
        reference=None,
        measured=value,
        difference=None,
        limit=tolerance,
        outcome=Outcome.NOT_COMPARED,
    )
