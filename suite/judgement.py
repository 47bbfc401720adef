"""Judging what was measured: against the accepted baseline and against FP32 of the same run."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suite.cards import PolicySpec
from suite.metrics import METRICS
from suite.records import Measured, Outcome, Row

# A baseline keeps seven significant digits; closer than that, figures are equal.
_EPSILON = 1e-6


@dataclass(frozen=True)
class Entry:
    """An accepted section of a baseline."""

    identity: Mapping[str, str | int]
    figures: Mapping[str, float]
    samples: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Judgement:
    """The outcome, its first line, and the rows behind it."""

    outcome: Outcome
    headline: str
    rows: tuple[Row, ...]


def judge_against_baseline(
    measured: Measured, accepted: Entry, tolerances: Mapping[str, float]
) -> Judgement:
    """Compare with the accepted entry: identity first, then each figure within its tolerance."""
    other = _other_identity(measured.identity, accepted.identity)
    rows = tuple(_baseline_rows(measured, accepted, tolerances))
    if other:
        return Judgement(Outcome.FAIL, other, rows)
    missing = sorted(
        (set(measured.figures) | set(measured.samples))
        ^ (set(accepted.figures) | set(accepted.samples))
    )
    if missing:
        return Judgement(
            Outcome.FAIL,
            f"measured and accepted have not the same metrics: {', '.join(missing)}; "
            "accept with --snapshot-update",
            rows,
        )
    failed = [row for row in rows if row.outcome is Outcome.FAIL]
    if failed:
        return Judgement(Outcome.FAIL, _moved(failed), rows)
    straddling = [METRICS[row.metric].label for row in rows if row.outcome is Outcome.UNDECIDED]
    if straddling:
        words = f"the interval straddles the limit against accepted: {', '.join(straddling)}"
        return Judgement(Outcome.UNDECIDED, words, rows)
    return Judgement(Outcome.PASS, "as accepted", rows)


def too_wide(measured: Measured, tolerances: Mapping[str, float]) -> list[str]:
    """The figures whose interval is wider than their tolerance: too uncertain to be accepted."""
    wide = []
    for name, (low, high) in measured.intervals.items():
        if name not in measured.figures:
            continue
        unit = measured.figures[name] if METRICS[name].relative else 1.0
        if high - low > tolerances.get(name, 0.0) * unit:
            wide.append(name)
    return wide


def judge_against_fp32(measured: Measured, policy: PolicySpec) -> Judgement:
    """Hold a quantized model against its own FP32: losses and floors of the mode's policy."""
    if measured.problem:
        return Judgement(Outcome.FAIL, measured.problem, ())
    rows = [
        *(
            _loss_row(name, measured, limit, on_interval=name in policy.on_interval)
            for name, limit in policy.loss.items()
            if name in measured.figures and name in measured.reference
        ),
        *(
            _floor_row(name, measured, limit)
            for name, limit in policy.floor.items()
            if name in measured.figures
        ),
    ]
    broken = [name for name, value in measured.figures.items() if not math.isfinite(value)]
    if broken:
        return Judgement(Outcome.FAIL, f"not a number: {', '.join(broken)}", tuple(rows))
    for outcome, words in (
        (Outcome.FAIL, "quantization costs too much"),
        (Outcome.UNDECIDED, "the interval straddles the limit"),
    ):
        found = [row for row in rows if row.outcome is outcome]
        if found:
            said = ", ".join(_policy_words(row) for row in found)
            return Judgement(outcome, f"{words}: {said}", tuple(rows))
    return Judgement(Outcome.PASS, "within the policy against FP32", tuple(rows))


def _other_identity(
    measured: Mapping[str, str | int], accepted: Mapping[str, str | int]
) -> str | None:
    names = {
        "source": "other weights than accepted",
        "artifact": "other brought artifact than accepted",
        "dataset": "other faces or pairs than accepted",
        "calibration": "other calibration faces than accepted",
        "recipe": "other recipe than accepted",
        "batch": "other batch than accepted",
    }
    for key in [*names, *sorted(set(measured) | set(accepted))]:
        if measured.get(key) != accepted.get(key):
            words = names.get(key, f"other {key} than accepted")
            return (
                f"{words}: {key} is {_short(measured.get(key))}, "
                f"accepted {_short(accepted.get(key))}"
            )
    return None


def _short(value: str | int | None) -> str:
    return value[:12] + "…" if isinstance(value, str) and len(value) > 13 else str(value)


def _baseline_rows(
    measured: Measured, accepted: Entry, tolerances: Mapping[str, float]
) -> list[Row]:
    rows = []
    for name, value in measured.figures.items():
        if name in accepted.figures:
            tolerance, between = tolerances.get(name, 0.0), measured.intervals.get(name)
            rows.append(_row(name, value, accepted.figures[name], tolerance, between))
    for name, values in measured.samples.items():
        if name in accepted.samples:
            rows.append(
                _samples_row(name, values, accepted.samples[name], tolerances.get(name, 0.0))
            )
    return rows


def _row(
    name: str,
    value: float,
    accepted: float,
    tolerance: float,
    between: tuple[float, float] | None = None,
) -> Row:
    metric = METRICS[name]

    def difference(end: float) -> float:
        if not metric.relative:
            return end - accepted
        return (end - accepted) / accepted if accepted else math.inf

    interval = (difference(between[0]), difference(between[1])) if between else None
    ends = interval or (difference(value),)
    worse = [-end if metric.worse == "lower" else end for end in ends]
    if not metric.only_worse_fails:
        worse = [abs(end) for end in ends]
    slack = _EPSILON * (1.0 if metric.relative else max(1.0, abs(accepted)))
    return Row(
        metric=name,
        against="baseline",
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


def _samples_row(
    name: str, values: tuple[float, ...], accepted: tuple[float, ...], tolerance: float
) -> Row:
    same_length = len(values) == len(accepted)
    pairs = zip(values, accepted, strict=False)
    worst = max((abs(a - b) for a, b in pairs), default=0.0) if same_length else math.inf
    within = same_length and all(map(math.isfinite, values)) and worst <= tolerance + _EPSILON
    return Row(
        metric=name,
        against="baseline",
        reference=None,
        measured=None,
        difference=worst if math.isfinite(worst) else None,
        limit=tolerance,
        outcome=Outcome.PASS if within else Outcome.FAIL,
    )


def _loss_row(name: str, measured: Measured, limit: float, *, on_interval: bool) -> Row:
    value, reference = measured.figures[name], measured.reference[name]
    sign = 1 if METRICS[name].worse == "higher" else -1
    known = measured.uncertainty.changes.get(name) if measured.uncertainty else None
    interval = (known.low, known.high) if known and on_interval else None
    ends = interval or (value - reference,)
    return Row(
        metric=name,
        against="fp32",
        reference=reference,
        measured=value,
        difference=value - reference,
        limit=limit,
        outcome=_held([sign * end for end in ends], limit + _EPSILON),
        interval=interval,
    )


def _floor_row(name: str, measured: Measured, limit: float) -> Row:
    value, between = measured.figures[name], measured.intervals.get(name)
    ends = between or (value,)
    return Row(
        metric=name,
        against="floor",
        reference=limit,
        measured=value,
        difference=value - limit,
        limit=limit,
        outcome=_held([limit - end for end in ends], _EPSILON),
        interval=(between[0] - limit, between[1] - limit) if between else None,
    )


def _moved(failed: list[Row]) -> str:
    names = [METRICS[row.metric].label for row in failed]
    better = all(_is_better(row) for row in failed)
    if better:
        return f"better than accepted: {', '.join(names)}; accept it with --snapshot-update"
    return f"not as accepted: {', '.join(names)}"


def _is_better(row: Row) -> bool:
    worse = METRICS[row.metric].worse
    if row.difference is None or worse == "either":
        return False
    return row.difference > 0 if worse == "lower" else row.difference < 0


def _policy_words(row: Row) -> str:
    metric = METRICS[row.metric]
    measured = f"{row.measured:.{metric.digits}f}" if row.measured is not None else "none"
    if row.against == "floor":
        return f"{metric.label} {measured}, of which {row.limit:g} is the least allowed"
    return f"{metric.label} {measured} against {row.reference:.{metric.digits}f} in FP32"
