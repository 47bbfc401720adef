"""Profiles are named by the kernels that onnxruntime takes, and those of a kin serve each other."""

import pytest
from cpuinfo import cpuinfo

from suite.catalog.errors import ProviderError
from suite.catalog.folder import read_catalog
from suite.catalog.profiles import serving
from suite.quantization.recipe import resolve_recipe
from suite.runtime import profile
from suite.runtime.profile import chosen_profile, profile_of

HASWELL = "fpu sse2 ssse3 fma sse4_1 sse4_2 avx f16c avx2 bmi2"
SKYLAKE_X = f"{HASWELL} avx512f avx512dq avx512cd avx512bw avx512vl"
ICE_LAKE = f"{SKYLAKE_X} avx512_vnni avx512_vbmi2"
SAPPHIRE_RAPIDS = f"{ICE_LAKE} avx_vnni avx512_bf16 amx_bf16 avx512_fp16 amx_tile amx_int8"
ALDER_LAKE = f"{HASWELL} avx_vnni vaes"
ZEN_5 = f"{ICE_LAKE} avx_vnni"
NEOVERSE_N1 = "fp asimd evtstrm aes crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp"
NEOVERSE_V1 = f"{NEOVERSE_N1} sve bf16 i8mm"
CORTEX_A72 = "fp asimd evtstrm crc32 cpuid"


@pytest.mark.parametrize(
    ("flags", "machine", "name"),
    [
        (SAPPHIRE_RAPIDS, "x86_64", "cpu-amx"),
        # A kernel or a hypervisor that hides the tiles leaves VNNI.
        (SAPPHIRE_RAPIDS.replace("amx_tile", ""), "x86_64", "cpu-vnni"),
        (f"{ICE_LAKE} amx_tile amx_bf16", "x86_64", "cpu-vnni"),
        (ICE_LAKE, "x86_64", "cpu-vnni"),
        (ICE_LAKE.replace("avx512_vnni", "avx512vnni"), "AMD64", "cpu-vnni"),
        (ZEN_5, "x86_64", "cpu-vnni"),
        (ALDER_LAKE, "x86_64", "cpu-avx-vnni"),
        (SKYLAKE_X, "x86_64", "cpu-avx2"),
        # A hypervisor that hides AVX512-VNNI leaves kernels that saturate.
        (f"{SKYLAKE_X} avx_vnni amx_tile amx_int8", "x86_64", "cpu-avx2"),
        (HASWELL, "x86_64", "cpu-avx2"),
        ("fpu sse2", "x86_64", "cpu-x86_64"),
        (NEOVERSE_V1, "aarch64", "cpu-arm-i8mm"),
        (NEOVERSE_N1, "aarch64", "cpu-arm-dotprod"),
        (CORTEX_A72, "aarch64", "cpu-aarch64"),
        ("", "arm64", "cpu-arm64"),
        ("", "", "cpu-unknown"),
    ],
)
def test_a_profile_is_named_by_the_kernels(flags: str, machine: str, name: str) -> None:
    assert profile_of(flags.split(), machine) == name


@pytest.mark.parametrize(
    ("field", "flags", "name"),
    [("flags", SAPPHIRE_RAPIDS, "cpu-amx"), ("Features", NEOVERSE_N1, "cpu-arm-dotprod")],
)
def test_the_flags_are_found_in_what_linux_says(
    monkeypatch: pytest.MonkeyPatch, field: str, flags: str, name: str
) -> None:
    text = f"processor\t: 0\n{field}\t\t: {flags}\nbogomips\t: 50.00\n\n"
    monkeypatch.setattr(cpuinfo.DataSource, "has_proc_cpuinfo", lambda: True)
    monkeypatch.setattr(cpuinfo.DataSource, "cat_proc_cpuinfo", lambda: (0, text))
    found = cpuinfo._get_cpu_info_from_proc_cpuinfo()["flags"]
    assert profile_of(found, "aarch64") == name


@pytest.mark.parametrize(
    ("name", "kin"),
    [
        ("cpu-amx", ("cpu-amx", "cpu-vnni", "cpu-avx-vnni")),
        ("cpu-avx-vnni", ("cpu-avx-vnni", "cpu-vnni", "cpu-amx")),
        ("openvino-cpu-amx", ("openvino-cpu-amx", "openvino-cpu-vnni", "openvino-cpu-avx-vnni")),
        ("cpu-avx2", ("cpu-avx2",)),
        ("cpu", ("cpu",)),
        ("my-cpu", ("my-cpu",)),
        ("xcpu-vnni", ("xcpu-vnni",)),
        ("cuda-sm90", ("cuda-sm90",)),
    ],
)
def test_only_exact_kernels_serve_each_other(name: str, kin: tuple[str, ...]) -> None:
    assert serving(name) == kin


def test_what_a_cpu_was_called_before_serves_it_first() -> None:
    assert serving("cpu-amx")[1] == "cpu-vnni"
    assert serving("cpu-avx-vnni")[1] == "cpu-vnni"
    assert serving("cpu-arm-i8mm")[1] == serving("cpu-arm-dotprod")[1] == "cpu-aarch64"


@pytest.mark.parametrize(
    ("provider", "before", "now"),
    [
        ("cpu", "cpu-vnni", "cpu-amx"),
        ("cpu", "cpu-vnni", "cpu-avx-vnni"),
        ("openvino", "openvino-cpu-vnni", "openvino-cpu-amx"),
        ("cpu", "cpu-aarch64", "cpu-arm-dotprod"),
        ("cpu", "cpu-aarch64", "cpu-arm-i8mm"),
    ],
)
def test_a_renamed_profile_keeps_its_recipes(provider: str, before: str, now: str) -> None:
    catalog = read_catalog()
    card = catalog.providers[provider]
    for mode in catalog.modes.values():
        assert resolve_recipe(mode, card, now) == resolve_recipe(mode, card, before)


def test_what_a_card_says_of_the_very_profile_comes_first() -> None:
    catalog = read_catalog()
    mode = catalog.modes["int8_static_qdq"]
    changes = mode.recipe_for_profile["cpu-vnni"].model_copy(update={"reduce_range": True})
    own = {**mode.recipe_for_profile, "cpu-amx": changes}
    mode = mode.model_copy(update={"recipe_for_profile": own})
    assert resolve_recipe(mode, catalog.providers["cpu"], "cpu-amx").reduce_range
    assert not resolve_recipe(mode, catalog.providers["cpu"], "cpu-vnni").reduce_range


@pytest.mark.parametrize("asked", ["cpu-amx", "cpu-vnni", "cpu-avx-vnni", "cpu-avx2"])
def test_the_names_of_a_kin_can_be_asked_for(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setattr(profile, "cpu_profile", lambda: "cpu-amx")
    assert chosen_profile(asked, read_catalog().providers["cpu"]) == asked


def test_avx2_gives_no_other_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile, "cpu_profile", lambda: "cpu-avx2")
    with pytest.raises(ProviderError, match="can give the figures of cpu-avx2 alone"):
        chosen_profile("cpu-amx", read_catalog().providers["cpu"])
