"""Which style of the page each mode of a run has: one colour and dash in every chart."""

from collections.abc import Iterable, Mapping

from suite.judging.record import Record, fp32_modes

# So many styles there are for modes that are not FP32; the next has the first one again.
STYLES = 9


def styles(records: Iterable[Record]) -> dict[str, str]:
    """The class of each mode: ``m0`` of FP32, the others in the order of the records.

    >>> styles([])
    {}
    """
    known = list(records)
    modes = list(dict.fromkeys(record.mode for record in known))
    fp32 = fp32_modes(known)
    others = [mode for mode in modes if mode not in fp32]
    found = {mode: f"m{1 + place % STYLES}" for place, mode in enumerate(others)}
    return {mode: found.get(mode, "m0") for mode in modes}


def in_order(by_mode: Mapping[str, str]) -> list[tuple[str, str]]:
    """Modes with their classes, FP32 first."""
    return sorted(by_mode.items(), key=lambda each: each[1] != "m0")
