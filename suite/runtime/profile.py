"""The profile of the hardware: what INT8 results depend on."""

import functools
import platform

import cpuinfo

PARENT_PROFILE = "cpu"


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


def profile_of(flags: list[str], machine: str) -> str:
    """The profile of a CPU with these flags (as Linux and cpuinfo name them)."""
    if {"avx512_vnni", "avx512vnni", "avx_vnni"} & set(flags):
        return "cpu-vnni"
    if "avx2" in flags:
        return "cpu-avx2"
    return f"cpu-{machine.lower() or 'unknown'}"
