"""Judging a quantized model against its own FP32 of the same run."""

from collections.abc import Iterator

from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate, Section
from suite.catalog.policy import PolicySpec
from suite.judging.blame import RECIPE
from suite.judging.judgement import Judgement
from suite.judging.kept_threshold import at_fp32s, unresolved
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Row
from suite.judging.rows import EPSILON, cannot_be, held, shown_row
from suite.judging.speed import weighed


def judge_against_fp32(
    measured: Measured, policy: PolicySpec, *, of_fp32: bool = False, culprit: str = RECIPE
) -> Judgement:
    """Hold a quantized model against its own FP32: losses and floors of the mode's policy.

    FP32 itself is held to the floors of its own. ``culprit`` is what is said to cost too much.
    """
    if measured.problem:
        return Judgement(Outcome.FAIL, measured.problem, ())
    rows = [
        *_loss_rows(measured, policy),
        *(
            _floor_row(name, measured, limit)
            for name, limit in policy.floor.items()
            if name in measured.known
        ),
    ]
    rows = [*weighed(rows, measured.disturbed)]
    for values in (measured.known, measured.samples, measured.fp32):
        if words := cannot_be(values):
            return Judgement(Outcome.FAIL, words, tuple(rows))
    for outcome, words in (
        (Outcome.FAIL, _too_bad(measured, culprit, of_fp32=of_fp32)),
        (Outcome.UNDECIDED, "the interval straddles the limit"),
    ):
        found = [row for row in rows if row.outcome is outcome]
        if found and outcome is Outcome.UNDECIDED and measured.disturbed:
            return Judgement(outcome, measured.disturbed, tuple(rows))
        if found:
            said = ", ".join(_policy_words(row) for row in found)
            return Judgement(outcome, f"{words}: {said}", tuple(rows))
    return Judgement(Outcome.PASS, "within the policy against FP32", tuple(rows))


def _too_bad(measured: Measured, culprit: str, *, of_fp32: bool) -> str:
    if of_fp32:
        return "FP32 itself is too bad"
    section = Section.parse(measured.section)
    if section and section.gate is Gate.ARTIFACT:
        return "the file is not what its mode claims"
    if section and section.gate is Gate.PLACEMENT:
        return "the kernels are not what the mode claims"
    return f"{culprit} costs too much"


def _loss_rows(measured: Measured, policy: PolicySpec) -> Iterator[Row]:
    """A row for each loss; where its figure does not resolve, TAR at FP32's threshold is held."""
    not_resolved = unresolved(measured)
    for name, limit in policy.loss.items():
        if name not in measured.known or name not in measured.fp32:
            continue
        stand_in = at_fp32s(measured, not_resolved[name]) if name in not_resolved else None
        if stand_in is None:
            yield _loss_row(name, measured, limit, on_interval=name in policy.on_interval)
            continue
        yield shown_row(name, measured.known[name], measured.fp32[name], limit, Against.FP32)
        worse = [FIGURES[stand_in.name].loss(stand_in.value - stand_in.reference)]
        values = (stand_in.value, stand_in.reference)
        outcome = held(worse, limit + EPSILON)
        yield _policy_row(stand_in.name, Against.FP32, values, limit, None, outcome)


def _loss_row(name: str, measured: Measured, limit: float, *, on_interval: bool) -> Row:
    """What a figure lost against FP32 held against what it may lose."""
    value, reference = measured.known[name], measured.fp32[name]
    known = measured.uncertainty.changes.get(name) if measured.uncertainty else None
    interval = (known.low, known.high) if known and on_interval else None
    worse = [FIGURES[name].loss(end) for end in interval or (value - reference,)]
    return _policy_row(
        name, Against.FP32, (value, reference), limit, interval, held(worse, limit + EPSILON)
    )


def _floor_row(name: str, measured: Measured, limit: float) -> Row:
    """A figure held against the least that it may be."""
    value, between = measured.known[name], measured.intervals.get(name)
    interval = (between[0] - limit, between[1] - limit) if between else None
    below = [limit - end for end in between or (value,)]
    return _policy_row(name, Against.FLOOR, (value, limit), limit, interval, held(below, EPSILON))


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


def _policy_words(row: Row) -> str:
    figure = FIGURES[row.metric]
    measured = f"{row.measured:.{figure.digits}f}" if row.measured is not None else "none"
    # Of an interval that straddles the limit the figure itself may be within it.
    by = f"{abs(row.difference or 0.0):.{figure.digits}f}"
    failed = row.outcome is Outcome.FAIL
    if row.against is Against.FLOOR:
        words = f"{figure.label} {measured}, of which {row.limit:g} is the least allowed"
        return f"{words} ({by} less)" if failed else words
    words = f"{figure.label} {measured} against {row.held_to:.{figure.digits}f} in FP32"
    return f"{words}, {by} worse where {row.limit:g} is allowed" if failed else words
