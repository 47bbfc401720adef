"""Which layers of an artifact lost most against the accepted one, in words."""

import statistics
from collections.abc import Mapping

# How a note begins that says where an artifact lost.
WHERE = "where: "
# Calibration draws and library versions move a layer by less.
_LEAST_DB = 1.0
_NAMED = 3


def lost_layers(
    now: Mapping[str, float], accepted: Mapping[str, float], in_float: Mapping[str, float]
) -> str:
    """What the signal-to-noise ratios of an artifact's layers say of where it lost.

    A layer whose accepted ratio is not kept, as that of one in float, is held against the median of
    those that are: what is in float, or was, and is sound loses no more than that.

    Parameters
    ----------
    now : of the layers in 8 bits in decibels, in the order of the network
    accepted : likewise of the accepted artifact
    in_float : likewise of the artifact's layers in float, of which only the roundings around lose
    """
    if not (now and accepted):
        return ""
    told = {**now, **in_float}
    if accepted.keys().isdisjoint(told):
        return (
            "none of its layers in 8 bits goes by the name of an accepted one, so that they cannot "
            "be compared"
        )
    typical = statistics.median(accepted.values())
    lost = {name: accepted.get(name, typical) - told[name] for name in told}
    shared = [lost[name] for name in now if name in accepted]
    gone = [name for name in accepted if name not in told]
    beside = f"; of {_named(gone)} it cannot be told" if gone else ""
    most = sorted(lost, key=lambda name: -lost[name])
    worst = lost[most[0]]
    if worst < _LEAST_DB:
        return (
            "no layer lost as much as 1 dB against accepted: look at what the artifact is fed, and "
            f"at this runtime{beside}"
        )
    middle = statistics.median(shared) if shared else 0.0
    if len(shared) > 2 and middle >= max(_LEAST_DB, worst / 2):
        return (
            f"all layers lost alike (signal-to-noise ratio, median {middle:.1f} dB): look at "
            "calibration and preprocessing"
        )
    named = [name for name in most if lost[name] >= max(_LEAST_DB, worst / 2)]

    def told_of(name: str) -> str:
        if name in now and name in accepted:
            return f"{name} ({accepted[name]:.1f} → {now[name]:.1f} dB)"
        what = "in float" if name in in_float else "was not in 8 bits when accepted"
        return f"{name} ({what}; {told[name]:.1f} dB, {typical:.1f} dB is usual in 8 bits)"

    worst_of = _named([told_of(name) for name in named])
    if named == [list(accepted)[-1]]:
        return f"the embedding alone moved: its last layer {worst_of} lost against accepted{beside}"
    return (
        f"lost most against accepted (signal-to-noise ratio): layer {worst_of}; the rounding of "
        f"what a layer reads counts as its own{beside}"
    )


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
