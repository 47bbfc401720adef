"""What a measurement is of: the keys by which two are known to be of the same thing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator


def _text_or_integer(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("must be text or an integer")
    return value


# In one sentence, where pydantic has one for each of the two.
IdentityValue = Annotated[str | int, BeforeValidator(_text_or_integer)]
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


def other_identity(measured: Identity, accepted: Identity, accepted_format: int) -> str | None:
    """The first key that says that something else was accepted, in words; None where none does."""
    for key in _compared(measured, accepted, accepted_format):
        if measured.get(key.name) != accepted.get(key.name):
            return f"{key.other}: {_both(key.name, measured, accepted)}"
    return None


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
    if name not in accepted:
        return f"{name} is {_short(measured[name])}, and none was accepted"
    if name not in measured:
        return f"there is no {name} now, accepted {_short(accepted[name])}"
    return f"{name} is {_short(measured[name])}, accepted {_short(accepted[name])}"


def _short(value: str | int) -> str:
    return value[:12] + "…" if isinstance(value, str) and len(value) > 13 else str(value)
