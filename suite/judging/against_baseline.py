"""Judging what was measured against the accepted baseline."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf

from suite.catalog.figures import FIGURES
from suite.catalog.image_figures import ANGLE_CHANGES
from suite.catalog.limits import Limits
from suite.judging.identity import Identified, other_identity, unknown_to
from suite.judging.image_by_image import of_bits, said_by_image, turned_rows
from suite.judging.judgement import FORMAT, Entry, Judgement
from suite.judging.kept_limits import KeptLimits, kept_limits, widened
from suite.judging.kept_threshold import at_accepted, unresolved
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Row
from suite.judging.rows import (
    figure_row,
    samples_row,
    shown_row,
    unknown_row,
    widened_by_quanta,
)
from suite.judging.speed import is_faster, weighed, why_undecided

ACCEPT = "accept with --snapshot-update"
ACCEPT_IT = "accept it with --snapshot-update"
# Of the figures that moved, a headline names so many.
_NAMED = 3
_MOST_BY_CHANCE = 3
_BUILDERS = ("onnxruntime", "onnx")
# The format with which the least speed-up came to depend on the profile: lower on some.
_FLOORS_BY_PROFILE_SINCE = 4
_FROM_THEN_ON = f"{ACCEPT} to compare from then on"


def judge_against_baseline(
    measured: Measured, accepted: Entry, limits: Limits, versions: Mapping[str, str] | None = None
) -> Judgement:
    """Compare with the accepted entry: identity first, then each figure within its tolerance.

    What an older suite did not know when it accepted is not compared, nor are limits where it kept
    none; what it knew and is missing fails, as do limits wider than those it was accepted under.
    ``versions`` are those of the libraries in this run, where they are known.
    """
    tolerances = limits.tolerances
    unknown = _unknown(measured, accepted)
    rebuilt = _built_by_others(accepted, versions)
    compared = [*_compared_rows(measured, accepted, limits, rebuilt=rebuilt)]
    rows = (
        *weighed(compared, measured.disturbed),
        *(unknown_row(name, measured.figures.get(name), tolerances[name]) for name in unknown),
    )
    other = other_identity(
        Identified(measured.identity, measured.identified, FORMAT),
        Identified(accepted.identity, accepted.identified, accepted.format),
    )
    if other:
        return Judgement(Outcome.FAIL, other, rows)
    # Beside a busy neighbour there may be no time of the probe loop.
    lacking = set() if measured.disturbed else measured.compared ^ accepted.compared
    missing = sorted(lacking - set(unknown))
    failed = [row for row in rows if row.outcome is Outcome.FAIL]
    better = all(_is_better(row) for row in failed)
    if missing:
        words = f"measured and accepted have not the same metrics: {', '.join(missing)}"
        return Judgement(Outcome.FAIL, words, rows, ACCEPT if better else "")
    if failed:
        how = "better than" if better else "not as"
        words = said_by_image(measured, accepted, failed) or f"{how} accepted: {_labels(failed)}"
        return Judgement(Outcome.FAIL, words, rows, ACCEPT_IT if better else "")
    if wider := _widened(kept_limits(measured, limits), accepted):
        words = f"limits changed: {', '.join(wider)}"
        return Judgement(Outcome.FAIL, words, rows, "accept them with --snapshot-update")
    straddling = [row for row in rows if row.outcome is Outcome.UNDECIDED]
    if straddling or measured.disturbed:
        straddles = f"the interval straddles the limit against accepted: {_labels(straddling)}"
        words = measured.disturbed or why_undecided(straddling) or straddles
        return Judgement(Outcome.UNDECIDED, words, rows)
    new = [FIGURES[name].label for name in unknown]
    new += unknown_to(accepted.identity, measured.identity, accepted.format)
    if new:
        return replace(before_it_existed("figure", new), rows=rows)
    if accepted.limits is None:
        words = "as accepted, but before limits were kept: whether they were eased is not compared"
        return Judgement(Outcome.NOT_COMPARED, words, rows, _FROM_THEN_ON)
    if any(map(is_faster, rows)):
        return Judgement(Outcome.PASS, "faster than accepted", rows, ACCEPT_IT)
    return Judgement(Outcome.PASS, "as accepted", rows)


def before_it_existed(kind: str, names: Sequence[str]) -> Judgement:
    """That something is not compared which a baseline lacks because it is older."""
    this = f"this {kind}" if len(names) == 1 else f"these {kind}s"
    words = f"accepted before {this} existed: {', '.join(names)}"
    return Judgement(Outcome.NOT_COMPARED, words, advice=_FROM_THEN_ON)


def too_wide(measured: Measured, tolerances: Mapping[str, float]) -> list[str]:
    """The figures whose interval is wider than their tolerance: too uncertain to be accepted."""
    wide = []
    for name, (low, high) in measured.intervals.items():
        if name not in measured.figures:
            continue
        unit = measured.figures[name] if FIGURES[name].relative else 1.0
        if not high - low <= tolerances[name] * unit:  # nor where it is no number
            wide.append(name)
    return wide


def _widened(now: KeptLimits, accepted: Entry) -> list[str]:
    """What today's limits allow beyond the accepted ones, but for floors that the suite lowered."""
    before = accepted.limits
    if before is None:
        return []
    if accepted.format < _FLOORS_BY_PROFILE_SINCE:
        now, before = map(_without_speed_floor, (now, before))
    return widened(now, before)


def _without_speed_floor(limits: KeptLimits) -> KeptLimits:
    floor = {name: least for name, least in limits.floor.items() if name != "speedup"}
    return limits.model_copy(update={"floor": floor})


def _unknown(measured: Measured, accepted: Entry) -> list[str]:
    lacking = measured.compared - accepted.compared
    return [name for name in FIGURES if name in lacking and FIGURES[name].since > accepted.format]


def _built_by_others(accepted: Entry, versions: Mapping[str, str] | None) -> bool:
    """Whether other versions than now built what was accepted, whose files differ in size."""
    before = accepted.versions
    both = [name for name in _BUILDERS if name in before and name in (versions or {})]
    return any(versions[name] != before[name] for name in both) if versions else False


def _compared_rows(
    measured: Measured, accepted: Entry, limits: Limits, *, rebuilt: bool
) -> Iterator[Row]:
    """A row for each figure that both have; what stands in for those that do not resolve."""
    tolerances = limits.tolerances
    standing_in = {
        name: at_accepted(measured, accepted.figures, name)
        for name in dict.fromkeys(unresolved(measured).values())
    }
    for name, value in measured.figures.items():
        if name not in accepted.figures:
            continue
        limit = _tolerated(name, measured, tolerances, rebuilt=rebuilt)
        if standing_in.get(FIGURES[name].rests_on or ""):
            yield shown_row(name, value, accepted.figures[name], limit, Against.BASELINE)
            continue
        between = measured.intervals.get(name)
        yield figure_row(name, value, accepted.figures[name], limit, between)
    for each in (each for found in standing_in.values() for each in found):
        limit = widened_by_quanta(tolerances[each.name], measured.quanta.get(each.name))
        yield figure_row(each.name, each.value, each.reference, limit)
    for name, values in measured.samples.items():
        if name in accepted.samples:
            tolerance = of_bits(name, measured, accepted, limits)
            yield samples_row(name, values, accepted.samples[name], tolerance)
    yield from turned_rows(measured, accepted, limits)


def _tolerated(
    name: str, measured: Measured, tolerances: Mapping[str, float], *, rebuilt: bool
) -> float:
    """How far a figure may lie from the accepted one.

    Its tolerance, in a small set two quanta, and what quantization changes by chance: half of the
    95 % interval of the change against FP32, paired and drawn by people, since two drafts of one
    recipe, as of other calibration faces, differ by as much. It is three tolerances at most. Where
    other versions built what was accepted by a recipe, it is what the figure says of that at least.
    """
    tolerance = widened_by_quanta(tolerances[name], measured.quanta.get(name))
    if rebuilt and "recipe" in measured.identity:
        tolerance = max(tolerance, FIGURES[name].across_versions)
    changes = measured.uncertainty.changes if measured.uncertainty else {}
    if name not in changes:
        return tolerance
    chance = (changes[name].high - changes[name].low) / 2
    return max(tolerance, min(chance, _MOST_BY_CHANCE * tolerance))


def _labels(rows: Sequence[Row]) -> str:
    """The figures that moved most in units of their tolerance, and how many others there are."""
    # What single images did says less than the figures that moved with them.
    most = sorted(rows, key=lambda row: (row.metric in ANGLE_CHANGES, -_strain(row)))[:_NAMED]
    others = len(rows) - len(most)
    more = f" and {others} other figure{'' if others == 1 else 's'}" if others else ""
    return ", ".join(FIGURES[row.metric].label for row in most) + more


def _strain(row: Row) -> float:
    if row.difference is None or not row.limit:
        return inf
    return abs(row.difference) / row.limit


def _is_better(row: Row) -> bool:
    return row.difference is not None and FIGURES[row.metric].loss(row.difference) < 0
