"""Which mode of each model to ship: a pure function of a run's records."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from suite.catalog.gate import Gate
from suite.catalog.source import Precision
from suite.catalog.table import CardId
from suite.judging.part import Count, Frozen
from suite.judging.record import Record, fp32_modes
from suite.judging.shipping.candidate import Candidate, batch_of, weigh
from suite.judging.shipping.reasons import (
    on_policy,
    on_prepared,
    ties,
    why_fp32,
    why_not,
    why_shipped,
    why_unknown,
)


class Recommendation(Frozen):
    """The mode of one model to ship on one device, with its reasons.

    Attributes
    ----------
    mode : the mode to ship; None where the run does not say which
    headline : what to ship and why, in one line
    reasons : what speaks for it, what against the others, and what nobody knows
    batch : the batch whose speed counts; None where none was timed
    fp32 : FP32 as it was weighed; None where the run left it out
    others : the other modes as they were weighed
    """

    model: CardId
    provider: CardId
    profile: str
    precision: Precision = "float32"
    mode: CardId | None
    headline: str
    reasons: tuple[str, ...] = ()
    batch: Count | None = None
    fp32: Candidate | None = None
    others: tuple[Candidate, ...] = ()

    @property
    def waits_for_speed(self) -> bool:
        """Whether speed alone is lacking to say which mode to ship."""
        return self.mode is None and not (self.fp32 and self.fp32.misses)


def recommend(records: Sequence[Record]) -> tuple[Recommendation, ...]:
    """The mode to ship of each model that was held to a policy in some other mode than FP32.

    It is the fastest of those that meet their policy on every set, no gate of which is red, and
    that are faster than FP32 beyond chance; of those whose intervals overlap with that of
    the fastest, the most faithful. Where there is none, it is FP32; where speed was not measured,
    or FP32 itself is red, no mode.
    """
    groups: dict[tuple[str, str, str], list[Record]] = {}
    # A gate that broke does not know its profile: a run has one, merged records have theirs.
    known = {record.provider: record.profile for record in records if record.profile}
    for record in records:
        profile = record.profile or known.get(record.provider, "")
        groups.setdefault((record.model, record.provider, profile), []).append(record)
    found = (_of_model(group) for group in groups.values())
    return tuple(each for each in found if each)


@dataclass(frozen=True)
class _Choice:
    """What is shipped: the best of the other modes, else FP32 itself, or nothing."""

    headline: str
    best: Candidate | None = None
    fp32: bool = False
    nearest: Candidate | None = None


def _of_model(records: Sequence[Record]) -> Recommendation | None:
    by_mode = _by_mode(records)
    known = fp32_modes(records)
    fp32_id = next((mode for mode in by_mode if mode in known), min(known))
    own = by_mode.pop(fp32_id, [])
    if not any(r.gate is Gate.VERIFICATION for mine in by_mode.values() for r in mine):
        return None
    sets = list(dict.fromkeys(r.dataset for r in records if r.gate.per_dataset and r.dataset))
    batch = min((timed for r in records if (timed := batch_of(r)) is not None), default=None)
    fp32 = weigh(own, sets, batch, is_fp32=True) if own else None
    others = [weigh(mine, sets, batch) for mine in by_mode.values()]
    choice = _choose(fp32, others)
    shipped = fp32_id if choice.fp32 else None
    return Recommendation(
        model=records[0].model,
        provider=records[0].provider,
        profile=next((record.profile for record in records if record.profile), ""),
        precision=records[0].precision,
        mode=choice.best.mode if choice.best else shipped,
        headline=choice.headline,
        reasons=tuple(_reasons(choice, fp32, others, sets)),
        batch=batch,
        fp32=fp32,
        others=tuple(others),
    )


def _by_mode(records: Sequence[Record]) -> dict[str, list[Record]]:
    """The records of each mode that a gate measured something of."""
    gated = dict.fromkeys(r.mode for r in records if r.outcome.measured_something)
    return {mode: [record for record in records if record.mode == mode] for mode in gated}


def _choose(fp32: Candidate | None, others: Sequence[Candidate]) -> _Choice:
    if fp32 and fp32.misses:
        return _Choice(f"ship nothing before FP32 itself is right: it fails for {fp32.misses[0]}")
    allowed = [each for each in others if each.meets]
    winners = [each for each in allowed if each.is_faster]
    if winners:
        fastest = max(winners, key=_speed)
        tied = [each for each in winners if each is fastest or ties(each, fastest)]
        best = max(tied, key=lambda each: (each.faithfulness, _speed(each)))
        return _Choice(why_shipped(best), best)
    untimed = [each for each in allowed if each.over_source is None]
    if untimed:
        return _Choice(why_unknown(untimed))
    nearest = _nearest(others)
    return _Choice(why_fp32(others, nearest), fp32=True, nearest=nearest)


def _nearest(others: Sequence[Candidate]) -> Candidate | None:
    """The mode that lacks least of its policy, of those that would be faster than FP32."""
    lacking = [each for each in others if not each.meets and _may_be_faster(each)]
    return min(
        lacking,
        key=lambda each: (
            bool(each.misses),
            math.inf if each.excess is None else each.excess,
            -_speed(each),
        ),
        default=None,
    )


def _may_be_faster(candidate: Candidate) -> bool:
    return candidate.over_source is None or candidate.over_source.point > 1


def _speed(candidate: Candidate) -> float:
    return candidate.over_source.point if candidate.over_source else -math.inf


def _reasons(
    choice: _Choice, fp32: Candidate | None, others: Sequence[Candidate], sets: Sequence[str]
) -> Iterator[str]:
    if choice.best:
        yield from on_policy(choice.best, fp32, sets)
    if choice.best or choice.fp32:
        yield from on_prepared(others, choice.best)
    for other in sorted(others, key=_speed, reverse=True):
        named = other is choice.best or other is choice.nearest
        # Those that only wait for their speed are in the headline.
        waits = not (choice.best or choice.fp32) and other.meets
        if not named and not waits:
            yield why_not(other, choice.best)
