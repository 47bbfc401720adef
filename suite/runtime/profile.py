"""The profile of the hardware: what INT8 results depend on."""

import functools
import platform

import cpuinfo

from suite.errors import ProviderError

PARENT_PROFILE = "cpu"
# A recipe for AVX2 gives the same bits on a CPU with VNNI: docs/profiles.md has the measurement.
_IMITATED = {"cpu-vnni": ("cpu-avx2",)}


@functools.cache
def _cpu() -> dict[str, object]:
    return dict(cpuinfo.get_cpu_info())


def cpu_name() -> str:
    """The CPU's marketing name."""
    return str(_cpu().get("brand_raw") or platform.processor() or platform.machine())


def cpu_profile() -> str:
    """``cpu-vnni``, ``cpu-avx2``, or ``cpu-<machine>`` for a CPU with neither."""
    flags = _cpu().get("flags") or []
    return profile_of(list(flags) if isinstance(flags, list) else [], platform.machine())


def chosen_profile(asked: str | None) -> str:
    """The profile that a run is gated on: this machine's, or the one asked for.

    Raises
    ------
    ProviderError
        where this machine does not give the bits of the profile asked for.
    """
    own = cpu_profile()
    if asked in (None, own):
        return own
    if asked in _IMITATED.get(own, ()):
        return str(asked)
    able = ", ".join((own, *_IMITATED.get(own, ())))
    raise ProviderError(
        f"--profile {asked}: this CPU is {own} and can give the figures of {able} alone; INT8 "
        "results differ between instruction sets, so run it on such a CPU."
    )


def profile_of(flags: list[str], machine: str) -> str:
    """The profile of a CPU with these flags (as Linux and cpuinfo name them)."""
    if {"avx512_vnni", "avx512vnni", "avx_vnni"} & set(flags):
        return "cpu-vnni"
    if "avx2" in flags:
        return "cpu-avx2"
    return f"cpu-{machine.lower() or 'unknown'}"
