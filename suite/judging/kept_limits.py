"""The limits under which a section is accepted: kept with it, so that none opens unseen."""

from collections.abc import Iterator, Mapping, Set
from typing import Annotated

from pydantic import Field

from suite.catalog.figures import FIGURES, at_kept_threshold
from suite.catalog.gate import Gate, Section
from suite.catalog.limits import Elsewhere, Limits
from suite.judging.measured import Measured
from suite.judging.part import Frozen

_Limit = Annotated[float, Field(ge=0)]


class KeptLimits(Frozen):
    """What a section's figures were held to, by name.

    ``tolerances`` is how far each may lie from the accepted one, ``loss`` how much worse than FP32
    it may be, ``floor`` the least it may be; a loss ``on_interval`` is judged on its 95 % interval.
    ``op_types_elsewhere``, ``nodes_elsewhere`` and ``also_on`` are what of the artifact may run on
    other providers, as `Elsewhere` has it: nothing where nothing is kept.
    """

    tolerances: dict[str, _Limit] = {}
    loss: dict[str, _Limit] = {}
    floor: dict[str, _Limit] = {}
    on_interval: tuple[str, ...] = ()
    op_types_elsewhere: tuple[str, ...] = ()
    nodes_elsewhere: Annotated[int, Field(ge=0)] = 0
    also_on: tuple[str, ...] = ()


def kept_limits(measured: Measured, limits: Limits) -> KeptLimits:
    """Those of a case's limits that a measurement is held to, sorted.

    What no baseline has a section of is kept with the artifact: how far two batches may lie apart,
    and what may run elsewhere. Of a TAR@FAR those are kept too of what would stand in for it.
    """
    section, policy = Section.parse(measured.section), limits.policy
    held = set(measured.compared)
    for name in measured.figures:
        if FIGURES[name].rests_on == name:
            held.update(at_kept_threshold(name))
    elsewhere = Elsewhere()
    if section and section.gate is Gate.ARTIFACT:
        elsewhere = limits.elsewhere
        held |= {name for name, figure in FIGURES.items() if figure.gate is Gate.BEHAVIOUR}
    loss = _of(policy.loss, measured.known.keys() & measured.fp32.keys())
    return KeptLimits(
        tolerances=_of(limits.tolerances, held),
        loss=loss,
        floor=_of(policy.floor, measured.known.keys()),
        on_interval=tuple(sorted(loss.keys() & set(policy.on_interval))),
        op_types_elsewhere=tuple(sorted(elsewhere.op_types)),
        nodes_elsewhere=elsewhere.nodes,
        also_on=tuple(sorted(elsewhere.providers)),
    )


def is_wider(kind: str, before: float | None, after: float | None) -> bool:
    """Whether a limit of a kind allows more than before; None where there is none.

    A ``floor`` does where it is lower, a ``tolerance`` and a ``loss`` where they are higher, and a
    loss that is judged on its ``interval`` does.
    """
    if kind == "interval":
        return after is not None
    if before is None or after is None:
        return after is None
    return after < before if kind == "floor" else after > before


def widened(now: KeptLimits, accepted: KeptLimits) -> list[str]:
    """What today's limits allow that the accepted ones did not, in words."""
    return [words for words, wider in moved(now, accepted) if wider]


def moved(now: KeptLimits, accepted: KeptLimits) -> Iterator[tuple[str, bool]]:
    """Each limit that is another than the accepted one, in words, and whether it is wider.

    A tolerance that is there on one side alone is of a figure that is missed by itself.
    """
    both = now.tolerances.keys() & accepted.tolerances.keys()
    yield from _moved("tolerance", _of(now.tolerances, both), _of(accepted.tolerances, both))
    yield from _moved("loss", now.loss, accepted.loss)
    yield from _moved("floor", now.floor, accepted.floor)
    for name in sorted(accepted.loss.keys() & FIGURES.keys()):
        on_interval = name in now.on_interval
        if on_interval != (name in accepted.on_interval):
            how = "its interval" if on_interval else "the figure itself"
            yield f"loss of {FIGURES[name].label} judged on {how}", on_interval
    yield from _moved_elsewhere(now, accepted)


def idle(measured: Measured, limits: Limits) -> tuple[list[str], list[str]]:
    """The limits that hold nothing, by figure: those asked for here alone, and the others.

    Latency's and placement's figures depend on the device, so that none of them is idle.
    """
    section = Section.parse(measured.section)
    if section is None or section.gate in (Gate.PLACEMENT, Gate.LATENCY) or measured.problem:
        return [], []
    there = {*measured.known, *measured.compared, *measured.differences}
    limited = {*limits.policy.loss, *limits.policy.floor, *limits.asked}
    names = [
        name
        for name, figure in FIGURES.items()
        if name in limited and figure.gate is section.gate and name not in there
    ]
    asked = [name for name in names if name in limits.asked]
    return asked, [name for name in names if name not in limits.asked]


def _moved(
    kind: str, now: Mapping[str, float], accepted: Mapping[str, float]
) -> Iterator[tuple[str, bool]]:
    for name in sorted((now.keys() | accepted.keys()) & FIGURES.keys()):
        before, after = accepted.get(name), now.get(name)
        if before == after:
            continue
        was, is_ = ("none" if each is None else f"{each:g}" for each in (before, after))
        yield f"{kind} of {FIGURES[name].label} {was} → {is_}", is_wider(kind, before, after)


def _moved_elsewhere(now: KeptLimits, accepted: KeptLimits) -> Iterator[tuple[str, bool]]:
    for what, is_, was in (
        ("op types that may run elsewhere", now.op_types_elsewhere, accepted.op_types_elsewhere),
        ("providers taken for the same hardware", now.also_on, accepted.also_on),
    ):
        if is_ != was:
            words = f"{', '.join(was) or 'none'} → {', '.join(is_) or 'none'}"
            yield f"{what} {words}", not set(is_) <= set(was)
    is_many, were = now.nodes_elsewhere, accepted.nodes_elsewhere
    if is_many != were:
        yield f"nodes that may run elsewhere {were} → {is_many}", is_many > were


def _of(limits: Mapping[str, float], names: Set[str]) -> dict[str, float]:
    return {name: limits[name] for name in sorted(limits.keys() & names)}
