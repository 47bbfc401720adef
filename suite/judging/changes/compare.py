"""What one state of a gate has that another has not: pure functions, harmful changes first."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from suite.catalog.figures import FIGURES
from suite.judging.changes.change import Change, Kind
from suite.judging.changes.state import Accepted, CardState, GateState, LimitOf
from suite.judging.identity import Fact, spelt
from suite.judging.image_angles import turned
from suite.judging.judgement import Entry
from suite.judging.kept_limits import is_wider, moved
from suite.judging.rows import EPSILON

# Keys of cards that say nothing of what is measured, by the kind of card; all others do.
_SAYS_NOTHING = {
    "models": ("title", "family", "licence", "non_commercial", "reference", "published"),
    "datasets": ("title", "expected"),
    "modes": ("title", "extends"),
    "providers": ("title", "install", "needs", "not_applicable"),
}
_COVERAGE = ("evaluation", "on_request", "further_modes")
_BASELINES = "baselines"
# Limits of one figure that moved alike in more cases than these are counted.
_NAMED = 3


def compare(base: GateState, head: GateState) -> list[Change]:
    """Every difference from a base to a head: harmful first, by kind, cards before baselines."""
    causes = _causes(base, head)
    changes = [
        *_coverage(base, head),
        *_sections(base, head, causes),
        *_limits(base, head),
        *_cards(base, head),
    ]
    order = list(Kind)

    def place(change: Change) -> tuple[bool, int, bool, list[str], str]:
        parts = change.where.split("/")
        kind = order.index(change.kind)
        return not change.harmful, kind, parts[0] == _BASELINES, parts, change.of

    return sorted(changes, key=place)


def _coverage(base: GateState, head: GateState) -> Iterator[Change]:
    """Models, modes and sets that are gated no more, or now."""
    for name in sorted(head.unread - base.unread):
        what = "a card cannot be read: see face-quant-gate check"
        yield Change(kind=Kind.COVERAGE, harmful=True, where="", of=f"card {name}", what=what)
    for case in sorted(base.gated.keys() | head.gated.keys()):
        before, after = base.gated.get(case), head.gated.get(case)
        of = " ".join(case)
        where = (head if case in head.gated else base).cards["models", case[0]].file
        if before is None or after is None:
            what = "is gated now" if before is None else "is gated no more"
            yield Change(kind=Kind.COVERAGE, harmful=after is None, where=where, of=of, what=what)
            continue
        for name in _moved_sets(before, after):
            lost = name in before
            what = f"on {name} {'no more' if lost else 'now'}"
            yield Change(kind=Kind.COVERAGE, harmful=lost, where=where, of=of, what=what)
    for card in sorted(base.cards.keys() & head.cards.keys()):
        if card[0] == "providers":
            yield from _not_applicable(base.cards[card], head.cards[card], card[1])
        elif card[0] == "models":
            yield from _on_request(base.cards[card], head.cards[card], card[1])


def _moved_sets(before: Iterable[str], after: Iterable[str]) -> list[str]:
    return sorted({*before} ^ {*after})


def _on_request(before: CardState, after: CardState, model: str) -> Iterator[Change]:
    asked = bool(after.keys.get("on_request"))
    if asked != bool(before.keys.get("on_request")):
        what = "runs on request alone now" if asked else "runs unasked now"
        of = f"model {model}"
        yield Change(kind=Kind.COVERAGE, harmful=asked, where=after.file, of=of, what=what)


def _not_applicable(before: CardState, after: CardState, provider: str) -> Iterator[Change]:
    said, says = (
        {key: value for key, value in card.keys.items() if key.startswith("not_applicable.")}
        for card in (before, after)
    )
    for key in sorted(said.keys() ^ says.keys()):
        lost = key in says
        what = f"{key.partition('.')[2]} {'does not apply now' if lost else 'applies now'}"
        yield Change(
            kind=Kind.COVERAGE, harmful=lost, where=after.file, of=f"on {provider}", what=what
        )


def _causes(base: GateState, head: GateState) -> dict[str, str]:
    """By model, the keys of its card that decide its embeddings and changed."""
    causes = {}
    for kind, model in base.cards.keys() & head.cards.keys():
        if kind == "models":
            before, after = base.cards[kind, model], head.cards[kind, model]
            moved = [
                f"{key} {_value(before.keys.get(key))} → {_value(after.keys.get(key))}"
                for key in _moved(before.keys, after.keys)
                if key.split(".")[0] in ("preprocess", "source", "flip", "outputs")
            ]
            causes[model] = f"{', '.join(moved)} in {after.file}" if moved else ""
    return causes


def _sections(base: GateState, head: GateState, causes: Mapping[str, str]) -> Iterator[Change]:
    for place in sorted(base.accepted.keys() | head.accepted.keys(), key=_path):
        before, after = base.accepted.get(place), head.accepted.get(place)
        of, where = f"{place.model} {place.mode} {place.section}", _path(place)
        if before is None or after is None:
            what = "is accepted now" if before is None else "is accepted no more"
            yield Change(kind=Kind.COVERAGE, harmful=after is None, where=where, of=of, what=what)
        else:
            cause = causes.get(place.model, "")
            yield from _identity(before, after, where, of)
            yield from _figures(before, after, where, of, cause)
            yield from _kept(before, after, where, of)


def _identity(before: Entry, after: Entry, where: str, of: str) -> Iterator[Change]:
    facts = [
        key
        for key in before.identified.keys() & after.identified.keys()
        if before.identified[key] != after.identified[key]
    ]
    for key in sorted({*_moved(before.identity, after.identity), *facts}):
        old, new = before.identified.get(key, {}), after.identified.get(key, {})
        moved = _moved(old, new) if old and new else []
        of_hash = (key, _plain(before.identity.get(key)), _plain(after.identity.get(key)))
        of_facts = [(f"{key}.{f}", _plain(old.get(f)), _plain(new.get(f))) for f in moved]
        for what, was, now in of_facts or [of_hash]:
            yield Change(
                kind=Kind.IDENTITY,
                harmful=True,
                where=where,
                of=of,
                what=what,
                before=was,
                after=now,
            )


def _plain(value: Fact | None) -> str:
    return "" if value is None else spelt(value)


def _figures(before: Entry, after: Entry, where: str, of: str, cause: str) -> Iterator[Change]:
    for name in [name for name in FIGURES if name in {**before.figures, **after.figures}]:
        figure, old, new = FIGURES[name], before.figures.get(name), after.figures.get(name)
        if old is not None and new is not None and abs(new - old) <= EPSILON * max(1, abs(old)):
            continue
        worse = new is None or (old is not None and figure.is_worse(new - old))
        yield Change(
            kind=Kind.FIGURE,
            harmful=worse,
            where=where,
            of=of,
            what=figure.label,
            before="" if old is None else f"{old:.{figure.digits}f}",
            after="" if new is None else f"{new:.{figure.digits}f}",
            cause=cause if worse else "",
        )
    for name in sorted(before.samples.keys() | after.samples.keys()):
        old_values, new_values = before.samples.get(name), after.samples.get(name)
        if old_values != new_values:
            label = FIGURES[name].label if name in FIGURES else name
            what = f"{label} is another"
            yield Change(
                kind=Kind.IDENTITY, harmful=True, where=where, of=of, what=what, cause=cause
            )

    if before.angles and after.angles and before.angles.sha256 != after.angles.sha256:
        found = turned(after.angles, before.angles)
        moved = f"{found.mean:.2%} of their mean on average" if found else "other images"
        what = f"Angles of images to FP32 moved by {moved}"
        yield Change(kind=Kind.FIGURE, harmful=True, where=where, of=of, what=what, cause=cause)


def _kept(before: Entry, after: Entry, where: str, of: str) -> Iterator[Change]:
    """What is accepted beside figures: the limits, what older suites did not know, on request."""
    told: list[tuple[str, bool]] = []
    if before.limits and after.limits:
        told += [
            (f"accepted {words}", wider) for words, wider in moved(after.limits, before.limits)
        ]
    elif before.limits or after.limits:
        told += [("limits are kept", False) if after.limits else ("limits are kept no more", True)]
    if after.format != before.format:
        words = f"format {before.format} → {after.format}, which compares "
        less = after.format < before.format
        told.append((words + ("less" if less else "more"), less))
    for of_what, was, now in (
        ("model", before.on_request, after.on_request),
        ("mode", before.mode_on_request, after.mode_on_request),
    ):
        if was != now:
            words = f"accepted as of a {of_what} on request" if now else "no more on request"
            told.append((words, now))
    for what, harmful in told:
        yield Change(kind=Kind.LIMIT, harmful=harmful, where=where, of=of, what=what)


def _limits(base: GateState, head: GateState) -> Iterator[Change]:
    """What cards allow; cases in which a figure's limit moved alike are one change.

    What was allowed on a set that came or went is none where coverage says that it did.
    """
    alike: dict[tuple[str, str, float | None, float | None], list[LimitOf]] = defaultdict(list)
    runnable = base.runnable & head.runnable
    told = {
        (case[0], name)
        for case in base.gated.keys() & head.gated.keys()
        for name in _moved_sets(base.gated[case], head.gated[case])
    }
    for of in base.limits.keys() | head.limits.keys():
        before, after = base.limits.get(of), head.limits.get(of)
        is_told = (of.model, of.dataset) in told
        if before != after and (of.model, of.mode) in runnable and not is_told:
            alike[of.kind, of.figure, before, after].append(of)
    for (kind, figure, before, after), cases in alike.items():
        files = sorted({head.cards["models", case.model].file for case in cases})
        yield Change(
            kind=Kind.LIMIT,
            harmful=is_wider(kind, before, after),
            where=", ".join(files[:_NAMED]) + (" …" if len(files) > _NAMED else ""),
            of=_cases_in_words(cases),
            what=f"{_LIMITS.get(kind, kind)} of {FIGURES[figure].label}",
            before="" if before is None else f"{before:g}",
            after="" if after is None else f"{after:g}",
        )


_LIMITS = {"interval": "judging the interval, not the figure, of the loss"}


def _cases_in_words(cases: list[LimitOf]) -> str:
    words = sorted({f"{c.model} {c.mode}{f' on {c.dataset}' if c.dataset else ''}" for c in cases})
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return f"{', '.join(words[:_NAMED])}{more}"


def _cards(base: GateState, head: GateState) -> Iterator[Change]:
    """Keys of cards, but those of coverage, which is compared by itself."""
    for kind, name in sorted(base.cards.keys() | head.cards.keys()):
        before, after = base.cards.get((kind, name)), head.cards.get((kind, name))
        of = f"{kind.removesuffix('s')} {name}"
        if before is None or after is None:
            card = after or before
            assert card is not None
            what = "has a card now" if before is None else "has no card any more"
            yield Change(kind=Kind.CARD, harmful=after is None, where=card.file, of=of, what=what)
            continue
        for key in _moved(before.keys, after.keys):
            top = key.split(".")[0]
            if top in _COVERAGE or (kind, top) == ("providers", "not_applicable"):
                continue
            decides = top not in _SAYS_NOTHING[kind]
            yield Change(
                kind=Kind.IDENTITY if decides else Kind.CARD,
                harmful=decides,
                where=after.file,
                of=of,
                what=key,
                before=_value(before.keys.get(key)),
                after=_value(after.keys.get(key)),
            )


def _moved(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    keys = sorted(before.keys() | after.keys())
    return [key for key in keys if before.get(key) != after.get(key)]


def _value(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _path(place: Accepted) -> str:
    return f"{_BASELINES}/{place.profile}/{place.model}/{place.mode}.json"
