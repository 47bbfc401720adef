"""The names of CPU profiles, and which of them stand for the same INT8 results."""

# The kernels of a kin add up 8-bit products exactly, in 32 bits, whatever the instructions are
# called: docs/profiles.md has the reasons. The names of older suites come first where they were.
_KINS = (
    ("cpu-vnni", "cpu-amx", "cpu-avx-vnni"),
    ("cpu-aarch64", "cpu-arm64", "cpu-arm-dotprod", "cpu-arm-i8mm"),
)


def serving(profile: str) -> tuple[str, ...]:
    """The profiles whose recipe and baselines serve one: itself, then its kin.

    A provider's own profile on a CPU has the kin of that CPU's.

    >>> serving("openvino-cpu-amx")
    ('openvino-cpu-amx', 'openvino-cpu-vnni', 'openvino-cpu-avx-vnni')
    """
    for kin in _KINS:
        for name in kin:
            before = profile.removesuffix(name)
            if before != profile and (not before or before.endswith("-")):
                return (profile, *(f"{before}{other}" for other in kin if other != name))
    return (profile,)
