"""An accepted section: as a baseline file keeps it, and read from there."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from suite.catalog.figures import impossible
from suite.catalog.json_file import mistaken, read_as
from suite.judging.identity import Fact
from suite.judging.judgement import FORMAT, Entry
from suite.judging.kept_limits import KeptLimits
from suite.judging.measured import Measured

_ENTRY = TypeAdapter(Entry)
# The format with which the limits of a section came.
_LIMITS_SINCE = 2


def entry_document(
    measured: Measured,
    limits: KeptLimits,
    versions: Mapping[str, str],
    *,
    on_request: bool = False,
    mode_on_request: bool = False,
    layers: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """What is kept of a measurement; versions are shown, never compared.

    Of a model or a mode that runs on request it is said so: a run that does not name it owes it
    nothing.
    """
    return {
        # Format 1 is written by its absence, as it was.
        **({"format": FORMAT} if FORMAT > 1 else {}),
        "identity": dict(sorted(measured.identity.items())),
        **({"identified": _sorted(measured.identified)} if measured.identified else {}),
        "figures": {name: _round(value) for name, value in measured.figures.items()},
        **({"origin": measured.origin.model_dump(mode="json")} if measured.origin else {}),
        "samples": {name: [_round(v) for v in vs] for name, vs in measured.samples.items()},
        **_of_images(measured),
        "limits": limits.model_dump(mode="json", exclude_defaults=True),
        "versions": dict(sorted(versions.items())),
        **({"on_request": True} if on_request else {}),
        **({"mode_on_request": True} if mode_on_request else {}),
        **({"layers": dict(layers)} if layers else {}),
        **_put_back(measured),
    }


def _of_images(measured: Measured) -> dict[str, Any]:
    """What tells which side file holds the angles of the images, where there are such."""
    if measured.angles is None:
        return {}
    return {"angles": measured.angles.model_dump(mode="json", include={"images", "sha256"})}


def _put_back(measured: Measured) -> dict[str, list[str]]:
    """The layers that a recipe put back in float and how it chose, where it has a step for that."""
    known = [step for step in measured.steps if step.in_float is not None]
    if not known:
        return {}
    return {"in_float": list(known[-1].in_float or ()), "trace": list(known[-1].trace)}


def entry_of(section: str, data: Mapping[str, Any]) -> Entry:
    """An accepted section of a suite that this one knows the format of.

    Raises
    ------
    UnreadableError
        where it has another shape, or a figure is what it can never be; by its key.
    """
    below = ("sections", section)
    entry = read_as(_ENTRY, data, below)
    for part in ("figures", "samples"):
        if found := impossible(getattr(entry, part)):
            name, value, why = found
            raise mistaken((*below, part, name), value, why)
    if entry.format >= _LIMITS_SINCE and entry.limits is None:
        raise mistaken((*below, "limits"), None, "is missing")
    if entry.limits:
        for name in sorted(entry.compared):
            if name not in entry.limits.tolerances:
                raise mistaken((*below, "limits", "tolerances", name), None, "is missing")
    return entry


def format_of(section: str, data: Mapping[str, Any]) -> int:
    """The format that a section was accepted with.

    Raises
    ------
    UnreadableError
        where it is none.
    """
    format_ = data.get("format", 1)
    if type(format_) is not int or format_ < 1:
        raise mistaken(("sections", section, "format"), format_, "must be an integer of 1 or more")
    return format_


def _sorted(identified: Mapping[str, Mapping[str, Fact]]) -> dict[str, dict[str, Fact]]:
    return {name: dict(sorted(facts.items())) for name, facts in sorted(identified.items())}


def _round(value: float) -> float:
    # Seven significant digits: finer than any tolerance, and stable between machines' rounding.
    return float(f"{value:.7g}")
