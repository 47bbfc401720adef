"""Which layers of an artifact lost most against the accepted one, in words."""

import statistics
from collections.abc import Mapping

# How a note begins that says where an artifact lost.
WHERE = "where: "
# Calibration draws and library versions move a layer by less.
_LEAST_DB = 1.0
_NAMED = 3


def lost_layers(now: Mapping[str, float], accepted: Mapping[str, float]) -> str:
    """What the signal-to-noise ratios of an artifact's layers say of where it lost.

    Parameters
    ----------
    now : in decibels by layer, in the order of the network
    accepted : likewise of the accepted artifact; empty where none were kept
    """
    if not now:
        return ""
    if not accepted:
        lowest = sorted(now, key=lambda name: now[name])[:_NAMED]
        told = ", ".join(f"{name} ({now[name]:.1f} dB)" for name in lowest)
        return (
            f"the layers with the lowest signal-to-noise ratio are {told}; none were accepted to "
            "compare with"
        )
    shared = [accepted[name] - now[name] for name in accepted if name in now]
    if not shared:
        return (
            "none of its layers in 8 bits goes by the name of an accepted one, so that they cannot "
            "be compared"
        )
    lost = {name: accepted[name] - now.get(name, 0.0) for name in accepted}
    most = sorted(lost, key=lambda name: -lost[name])
    worst = lost[most[0]]
    if worst < _LEAST_DB:
        return (
            "no layer lost as much as 1 dB against accepted: look at what the artifact is fed, and "
            "at this runtime"
        )
    middle = statistics.median(shared)
    if len(shared) > 2 and middle >= max(_LEAST_DB, max(shared) / 2):
        return (
            f"all layers lost alike (signal-to-noise ratio, median {middle:.1f} dB): look at "
            "calibration and preprocessing"
        )
    named = [name for name in most if lost[name] >= max(_LEAST_DB, worst / 2)]
    told = ", ".join(_told(name, now, accepted) for name in named[:_NAMED])
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    if named == [list(accepted)[-1]]:
        return f"the embedding alone moved: its last layer {told} lost against accepted"
    return f"lost most against accepted (signal-to-noise ratio): layer {told}{more}"


def _told(name: str, now: Mapping[str, float], accepted: Mapping[str, float]) -> str:
    if name not in now:
        return f"{name} (no longer in 8 bits, or under another name)"
    return f"{name} ({accepted[name]:.1f} → {now[name]:.1f} dB)"
