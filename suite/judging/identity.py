"""What a measurement is of: the keys by which two are known to be of the same thing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator


def _text_or_integer(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("must be text or an integer")
    return value


def _single(value: object) -> object:
    if not isinstance(value, bool | int | float | str):
        raise ValueError("must be text, a number, true or false")
    return value


# In one sentence, where pydantic has one for each type.
IdentityValue = Annotated[str | int, BeforeValidator(_text_or_integer)]
# What a hash is of, by key: a recipe's settings, how many images a set has.
Fact = Annotated[bool | int | float | str, BeforeValidator(_single)]
Facts = Mapping[str, Fact]
Identity = Mapping[str, IdentityValue]


@dataclass(frozen=True)
class IdentityKey:
    """A key of an identity.

    Attributes
    ----------
    name : what baselines and records call it
    other : what is said where it differs
    since : the baseline format with which it came: what is older could not accept it
    """

    name: str
    other: str
    since: int = 1


# In the order in which they are compared: the first that differs explains the others.
IDENTITY_KEYS = (
    IdentityKey("source", "other weights than accepted"),
    IdentityKey("artifact", "other brought artifact than accepted"),
    IdentityKey("dataset", "other faces or pairs than accepted"),
    IdentityKey("calibration", "other calibration faces than accepted"),
    IdentityKey("recipe", "other recipe than accepted"),
    IdentityKey("batch", "other batch than accepted"),
    IdentityKey("threads", "other threads than accepted"),
)


@dataclass(frozen=True)
class Identified:
    """An identity, and what its hashes are of, by key: empty where nobody noted that.

    ``format`` is that of the suite which made it.
    """

    identity: Identity
    facts: Mapping[str, Facts]
    format: int


def other_identity(measured: Identified, accepted: Identified) -> str | None:
    """The first key that says that something else was accepted, in words; None where none does."""
    for key in _compared(measured.identity, accepted.identity, accepted.format):
        name = key.name
        if measured.identity.get(name) != accepted.identity.get(name):
            both = _both(name, measured.identity, accepted.identity)
            facts = (measured.facts.get(name), accepted.facts.get(name))
            if not all(facts):
                return f"{key.other}: {both}"
            moved = other_facts(facts[0] or {}, facts[1] or {})
            said = ", ".join(moved) if moved else "the same keys and counts, other content"
            return f"{key.other}: {said} ({both})"
    return None


def other_facts(measured: Facts, accepted: Facts) -> list[str]:
    """Each fact that is another than the accepted one, in words.

    >>> other_facts({"images": 40, "set": "a"}, {"images": 200, "set": "a"})
    ['images 40, accepted 200']
    """
    return [
        f"{name} {_said(measured, name)}, accepted {_said(accepted, name)}"
        for name in sorted(measured.keys() | accepted.keys())
        if measured.get(name) != accepted.get(name)
    ]


def spelt(value: Fact) -> str:
    """A fact as cards write it.

    >>> spelt(True), spelt(40)
    ('true', '40')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def _said(facts: Facts, name: str) -> str:
    return spelt(facts.get(name, "none"))


def unknown_to(accepted: Identity, measured: Identity, accepted_format: int) -> list[str]:
    """The keys that an accepted identity lacks because the suite that accepted it was older."""
    return [
        key.name
        for key in IDENTITY_KEYS
        if key.name in measured and key.name not in accepted and key.since > accepted_format
    ]


def _compared(
    measured: Identity, accepted: Identity, accepted_format: int
) -> Iterator[IdentityKey]:
    unknown = unknown_to(accepted, measured, accepted_format)
    known = {key.name for key in IDENTITY_KEYS}
    yield from (key for key in IDENTITY_KEYS if key.name not in unknown)
    for name in sorted((set(measured) | set(accepted)) - known):
        yield IdentityKey(name, f"other {name} than accepted")


def _both(name: str, measured: Identity, accepted: Identity) -> str:
    """What a key is and was; a case that was built and is brought now has another set of keys."""
    if name == "artifact" and "recipe" in accepted:
        return f"the artifact {short(measured[name])} is brought, the accepted one was built here"
    if name not in accepted:
        return f"{name} is {short(measured[name])}, and none was accepted"
    if name not in measured:
        return f"there is no {name} now, accepted {short(accepted[name])}"
    return f"{name} is {short(measured[name])}, accepted {short(accepted[name])}"


def short(value: str | int) -> str:
    """A hash by its first digits; what is short already, as it is."""
    return value[:12] + "…" if isinstance(value, str) and len(value) > 13 else str(value)
