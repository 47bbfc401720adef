"""What a branch did to its gate, in sentences: another identity, accepted, loosened, dropped."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from suite.judging.changes.change import Change, Kind
from suite.judging.changes.compared import Compared

_BASELINES = "baselines/"
# Of values in a card, so many letters are shown, and of cases in which the same was done so many.
_LONGEST = 60
_NAMED = 4
_SHOWN_KEYS = 3


class Effect(StrEnum):
    """What a change does to what the gate is worth, the gravest first."""

    IDENTITY = "identity changed"
    DROPPED = "dropped"
    LOOSENED = "loosened"
    ACCEPTED = "accepted"
    OTHER = "also changed"


@dataclass(frozen=True)
class Entry:
    """One sentence on a branch; ``harmful`` as its changes are."""

    effect: Effect
    said: str
    harmful: bool


def entries(compared: Compared) -> list[Entry]:
    """All changes in sentences, the gravest effect first, and of one effect those that do harm.

    What is fed to a model, or taken from it, is one sentence with what its baselines became: a
    mistake that was accepted is green in every gate.
    """
    changes = compared.changes
    found = [
        *_identities(changes),
        *_alike(Effect.DROPPED, [c for c in changes if _is_dropped(c)]),
        *_alike(Effect.LOOSENED, [c for c in changes if c.kind is Kind.LIMIT and c.harmful]),
        *_accepted(changes),
        *_others(changes),
    ]
    order = list(Effect)
    return sorted(found, key=lambda entry: (order.index(entry.effect), not entry.harmful))


def changed_identities(compared: Compared) -> list[str]:
    """Which cards say another identity than at the base, as ``model m``."""
    return list(dict.fromkeys(c.of for c in compared.changes if _is_card_identity(c)))


def _is_card_identity(change: Change) -> bool:
    return change.kind is Kind.IDENTITY and not change.where.startswith(_BASELINES)


def _is_dropped(change: Change) -> bool:
    return change.harmful and change.kind in (Kind.COVERAGE, Kind.CARD)


def _model_of(change: Change) -> str:
    """The model of a change in a baseline, ``baselines/<profile>/<model>/<mode>.json``."""
    parts = change.where.split("/")
    return parts[2] if len(parts) > 3 else ""


def _identities(changes: Sequence[Change]) -> Iterator[Entry]:
    of_cards = [change for change in changes if _is_card_identity(change)]
    for of in dict.fromkeys(change.of for change in of_cards):
        mine = [change for change in of_cards if change.of == of]
        keys = [f"{c.what} {_short(c.before)} → {_short(c.after)}" for c in mine[:_SHOWN_KEYS]]
        if len(mine) > _SHOWN_KEYS:
            keys.append(f"{len(mine) - _SHOWN_KEYS} more keys")
        said = f"{of}: {', '.join(keys)} ({mine[0].where})"
        kind, _, name = of.partition(" ")
        moved = [c for c in changes if kind == "model" and _model_of(c) == name]
        yield Entry(Effect.IDENTITY, f"{said}{_with_baselines(moved)}", harmful=True)
    carded = {change.of.partition(" ")[2] for change in of_cards if change.of.startswith("model ")}
    of_baselines = [
        c
        for c in changes
        if c.kind is Kind.IDENTITY and _model_of(c) and _model_of(c) not in carded
    ]
    for model in dict.fromkeys(map(_model_of, of_baselines)):
        mine = [change for change in of_baselines if _model_of(change) == model]
        what = dict.fromkeys(f"{c.what}{_moved(c)}" for c in mine)
        named = list(what)[:_SHOWN_KEYS]
        more = f" and {len(what) - _SHOWN_KEYS} more" if len(what) > _SHOWN_KEYS else ""
        said = f"what is accepted of {model}: {', '.join(named)}{more}"
        yield Entry(Effect.IDENTITY, said, harmful=True)


def _with_baselines(moved: Sequence[Change]) -> str:
    """That what is accepted of a model changed with its card, and what lost most."""
    if not moved:
        return "; its baselines are as they were"
    files = len({change.where for change in moved})
    said = f"; its baselines with it ({files} {'file' if files == 1 else 'files'})"
    worst = _worst(moved)
    return f"{said}: {worst.what} {worst.before} → {worst.after} ({worst.of})" if worst else said


def _worst(changes: Iterable[Change]) -> Change | None:
    """Of worse figures the share that lost most."""
    found = [c for c in changes if c.kind is Kind.FIGURE and c.harmful and _lost(c)]
    return max(found, key=_lost, default=None)


def _lost(change: Change | None) -> float:
    if change is None:
        return 0.0
    try:
        before, after = float(change.before), float(change.after)
    except ValueError:
        return 0.0
    return abs(after - before) if max(abs(before), abs(after)) <= 1 else 0.0


def _alike(effect: Effect, changes: Sequence[Change]) -> Iterator[Entry]:
    """A sentence for what was done alike, with those that it was done to."""
    alike: dict[tuple[str, bool], list[str]] = {}
    for change in changes:
        alike.setdefault((change.sentence, change.harmful), []).append(change.of)
    for (sentence, harmful), cases in alike.items():
        yield Entry(effect, f"{_named(cases)}: {sentence}", harmful=harmful)


def _accepted(changes: Sequence[Change]) -> Iterator[Entry]:
    """What baselines hold anew: a sentence a model and mode, and one for all that is new."""
    anew: dict[str, list[Change]] = {}
    new = []
    for change in changes:
        if not change.where.startswith(_BASELINES) or _is_dropped(change):
            continue
        if change.kind is Kind.FIGURE:
            anew.setdefault(change.where, []).append(change)
        elif change.kind is Kind.COVERAGE:
            new.append(change)
    worst_of = {where: _worst(of_file) for where, of_file in anew.items()}
    for where in sorted(anew, key=lambda where: -(_lost(worst_of[where]))):
        yield _anew(where, anew[where], worst_of[where])
    if new:
        cases = list(dict.fromkeys(" ".join(change.of.split()[:2]) for change in new))
        sections = f"{len(new)} {'section' if len(new) == 1 else 'sections'}"
        yield Entry(Effect.ACCEPTED, f"for the first time: {_named(cases)}, {sections}", False)


def _anew(where: str, of_file: Sequence[Change], worst: Change | None) -> Entry:
    """What a baseline's file holds anew: how many figures, and the one that lost most."""
    worse = [change for change in of_file if change.harmful]
    profile, model, mode = where.removeprefix(_BASELINES).removesuffix(".json").split("/")
    figures = f"{len(of_file)} {'figure' if len(of_file) == 1 else 'figures'}"
    said = f"{model} {mode} ({profile}): {figures} anew, {len(worse)} worse"
    if shown := worst or next(iter(worse), None):
        said += f": {shown.what} {shown.before or 'none'} → {shown.after or 'none'}"
    return Entry(Effect.ACCEPTED, said, harmful=bool(worse))


def _others(changes: Sequence[Change]) -> Iterator[Entry]:
    """What does no harm and is no baseline's: new cards and cases, tighter limits, titles."""
    rest = [
        c
        for c in changes
        if not c.harmful and not (c.where.startswith(_BASELINES) and c.kind is not Kind.LIMIT)
    ]
    yield from _alike(Effect.OTHER, rest)


def _named(cases: Sequence[str]) -> str:
    named = list(dict.fromkeys(cases))
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return f"{', '.join(named[:_NAMED])}{more}"


def _moved(change: Change) -> str:
    if not (change.before or change.after):
        return ""
    return f" {_short(change.before)} → {_short(change.after)}"


def _short(value: str) -> str:
    """A value as a sentence has it; a hash by its beginning."""
    if not value:
        return "none"
    if len(value) == 64 and all(letter in "0123456789abcdef" for letter in value):
        return f"{value[:12]}…"
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
