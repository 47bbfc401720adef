"""One figure held against a limit, or against what it can be at all."""

import math
from collections.abc import Iterator, Mapping, Sequence

from suite.catalog.figures import FIGURES, impossible
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Row

# A baseline keeps seven significant digits; closer than that, figures are equal.
EPSILON = 1e-6


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
    slack = EPSILON * (1.0 if figure.relative else max(1.0, abs(accepted)))
    return Row(
        metric=name,
        against=Against.BASELINE,
        reference=accepted,
        measured=value,
        difference=difference(value),
        limit=tolerance,
        outcome=held(worse, tolerance + slack) if math.isfinite(value) else Outcome.FAIL,
        interval=interval,
    )


def shown_row(name: str, value: float, reference: float, limit: float, against: Against) -> Row:
    """A figure that the set does not resolve beside what it is not held to."""
    return Row(
        metric=name,
        against=against,
        reference=reference,
        measured=value,
        difference=value - reference,
        limit=limit,
        outcome=Outcome.NOT_APPLICABLE if math.isfinite(value) else Outcome.FAIL,
    )


def widened_by_quanta(tolerance: float, quantum: float | None) -> float:
    """A tolerance of a share, no finer than two steps of it, of which one may be chance.

    In a set of so few pairs that two steps are most of the share, it is a half: a gate that nothing
    fails is none.
    """
    return max(tolerance, min(2 * (quantum or 0.0), 0.5))


def held(ends: Sequence[float], limit: float) -> Outcome:
    """Whether an interval of how much worse something is lies within a limit, beyond, or across.

    What is no number lies beyond.
    """
    if any(map(math.isnan, ends)):
        return Outcome.FAIL
    if max(ends) <= limit:
        return Outcome.PASS
    return Outcome.FAIL if min(ends) > limit else Outcome.UNDECIDED


def samples_row(
    name: str, values: tuple[float, ...], accepted: tuple[float, ...], tolerance: float
) -> Row:
    """Samples held against the accepted ones: by the one that moved farthest.

    Where the tolerance is relative it is the vector of one input that moved farthest, by the
    distance over its accepted length.
    """
    same_length = len(values) == len(accepted)
    moved = _distances(values, accepted, FIGURES[name].row)
    worst = max(moved, default=0.0) if same_length else math.inf
    within = same_length and all(map(math.isfinite, values)) and worst <= tolerance + EPSILON
    return Row(
        metric=name,
        against=Against.BASELINE,
        reference=None,
        measured=None,
        difference=worst if math.isfinite(worst) else None,
        limit=tolerance,
        outcome=Outcome.PASS if within else Outcome.FAIL,
    )


def change_row(name: str, change: float, tolerance: float) -> Row:
    """How far images moved from what is accepted of each, held to what they may."""
    within = math.isfinite(change) and change <= tolerance + EPSILON
    return Row(
        metric=name,
        against=Against.BASELINE,
        reference=None,
        measured=None,
        difference=change if math.isfinite(change) else None,
        limit=tolerance,
        outcome=Outcome.PASS if within else Outcome.FAIL,
    )


def _distances(values: Sequence[float], accepted: Sequence[float], row: int) -> Iterator[float]:
    """How far each sample moved; in rows of so many, how far each row did for its length."""
    if not row:
        yield from (abs(a - b) for a, b in zip(values, accepted, strict=False))
        return
    for start in range(0, len(accepted), row):
        before, now = accepted[start : start + row], values[start : start + row]
        if len(before) == len(now) and before != now:
            length = math.hypot(*before)
            yield math.dist(before, now) / length if length else math.inf


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


def cannot_be(values: Mapping[str, float | Sequence[float]]) -> str:
    """The first figure or sample that was measured as what it can never be; empty where none is."""
    found = impossible(values)
    if found is None:
        return ""
    name, value, why = found
    return f"{FIGURES[name].label} was measured as {value:g}, which {why}"
