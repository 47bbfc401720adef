"""NVIDIA's driver, asked without CUDA: which GPU there is, and how much of its memory is free."""

import ctypes
import functools
from dataclasses import dataclass
from typing import Any

from suite.catalog.errors import ProviderError

_LIBRARIES = ("libcuda.so.1", "nvcuda.dll")
# CUdevice_attribute in cuda.h.
_CAPABILITY_MAJOR, _CAPABILITY_MINOR = 75, 76


@dataclass(frozen=True)
class Gpu:
    """A GPU's marketing name and compute capability, as ``90`` for 9.0."""

    name: str
    capability: str


@functools.cache
def find_gpu(device_id: int) -> Gpu:
    """The GPU of this number.

    Raises
    ------
    ProviderError
        saying which is missing, the driver or the device.
    """
    driver = _driver()
    device, major, minor = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    name = ctypes.create_string_buffer(100)
    _ask(driver.cuDeviceGet(ctypes.byref(device), device_id), f"device {device_id} is missing")
    _ask(driver.cuDeviceGetName(name, len(name), device), "the device has no name")
    for value, attribute in ((major, _CAPABILITY_MAJOR), (minor, _CAPABILITY_MINOR)):
        found = driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, device)
        _ask(found, "the device has no compute capability")
    return Gpu(name.value.decode(), f"{major.value}{minor.value}")


def used_bytes(device_id: int) -> int:
    """The bytes of a GPU's memory that are in use, by whomever.

    Raises
    ------
    ProviderError
        where the driver does not say.
    """
    driver = _driver()
    context, free, total = ctypes.c_void_p(), ctypes.c_size_t(), ctypes.c_size_t()
    unknown = "the driver does not say how much memory is free"
    _ask(driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), device_id), unknown)
    _ask(driver.cuCtxPushCurrent_v2(context), unknown)
    try:
        _ask(driver.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total)), unknown)
    finally:
        driver.cuCtxPopCurrent_v2(ctypes.byref(context))
        driver.cuDevicePrimaryCtxRelease_v2(device_id)
    return total.value - free.value


@functools.cache
def _driver() -> Any:
    for library in _LIBRARIES:
        try:
            driver = ctypes.CDLL(library)
        except OSError:
            continue
        _ask(driver.cuInit(0), "there is no NVIDIA GPU")
        return driver
    raise ProviderError(
        f"NVIDIA's driver is missing (no {_LIBRARIES[0]}), so there is no GPU to be used"
    )


def _ask(status: int, meaning: str) -> None:
    if status:
        raise ProviderError(f"{meaning} (the driver's error {status})")
