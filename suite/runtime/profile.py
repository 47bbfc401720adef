"""The profile of the hardware: what INT8 results depend on."""

import functools
import platform
import re

import cpuinfo

from suite.catalog.errors import ProviderError
from suite.catalog.profiles import serving
from suite.catalog.provider_card import ProviderCard
from suite.runtime.nvidia import find_gpu

PARENT_PROFILE = "cpu"
# A recipe for AVX2 gives the same bits on a CPU with VNNI: docs/profiles.md has the measurement.
_IMITATED = dict.fromkeys(serving("cpu-vnni"), ("cpu-avx2",))
_AMX = {"amx_tile", "amx_int8"}
# MLAS prefers the kernels of AVX512 to those of AVX-VNNI; without AVX512-VNNI they saturate.
_AVX512 = {"avx512bw", "avx512dq", "avx512vl"}


@functools.cache
def _cpu() -> dict[str, object]:
    return dict(cpuinfo.get_cpu_info())


def cpu_name() -> str:
    """The CPU's marketing name."""
    return str(_cpu().get("brand_raw") or platform.processor() or platform.machine())


def cpu_model() -> str:
    """The CPU's name with its family and model numbers.

    Hypervisors shorten the name until several generations share it.
    """
    numbers = [f"{key} {_cpu()[key]}" for key in ("family", "model") if key in _cpu()]
    return " ".join([cpu_name(), *numbers])


def cpu_profile() -> str:
    """The profile of this machine's CPU, as `profile_of` names it."""
    flags = _cpu().get("flags") or []
    return profile_of(list(flags) if isinstance(flags, list) else [], platform.machine())


def device_name(card: ProviderCard) -> str:
    """The model of the device that a provider runs on."""
    return find_gpu(card.device_id).name if card.memory == "cuda" else cpu_model()


def device_slug(card: ProviderCard) -> str:
    """The device's name as part of a baseline's section: ``amd-epyc-family-26-model-2``."""
    return re.sub(r"[^a-z0-9]+", "-", device_name(card).lower()).strip("-")


def own_profile(card: ProviderCard) -> str:
    """The profile of a provider here: ``cpu-vnni``, ``openvino-cpu-vnni``, ``cuda-sm90``.

    A provider's card may name it.
    """
    if card.profile:
        return card.profile
    if card.memory == "cuda":
        return f"{card.id}-sm{find_gpu(card.device_id).capability}"
    return cpu_profile() if card.on_cpu_kernels else f"{card.id}-{cpu_profile()}"


def chosen_profile(asked: str | None, card: ProviderCard) -> str:
    """The profile that a run is gated on: this machine's, or the one asked for.

    Raises
    ------
    ProviderError
        where this machine does not give the bits of the profile asked for.
    """
    own = own_profile(card)
    if asked in (None, own):
        return own
    imitated = (*serving(own)[1:], *_IMITATED.get(own, ()))
    if asked in imitated:
        return str(asked)
    raise ProviderError(
        f"--profile {asked}: {card.id} is {own} here and can give the figures of "
        f"{', '.join((own, *imitated))} alone; INT8 results differ between instruction sets, so "
        "run it on such a machine."
    )


def profile_of(flags: list[str], machine: str) -> str:
    """The profile of a CPU with these flags (as Linux and cpuinfo name them).

    It is named by the kernels that onnxruntime's MLAS takes for U8S8 (``platform.cpp``): of AMX
    beside AVX512-VNNI, of which it prefers both to AVX-VNNI; on ARM of I8MM before the dot product.
    A CPU with none of them is ``cpu-avx2``, or ``cpu-<machine>``.
    """
    has = set(flags)
    if has & {"avx512_vnni", "avx512vnni"}:
        return "cpu-amx" if has >= _AMX else "cpu-vnni"
    if "avx_vnni" in has and not has >= _AVX512:
        return "cpu-avx-vnni"
    if "avx2" in has:
        return "cpu-avx2"
    if "asimddp" in has:
        return "cpu-arm-i8mm" if "i8mm" in has else "cpu-arm-dotprod"
    return f"cpu-{machine.lower() or 'unknown'}"
