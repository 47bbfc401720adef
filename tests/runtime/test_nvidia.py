"""What NVIDIA's driver says, or that it is not there."""

import pytest

from suite.catalog.errors import ProviderError
from suite.runtime import nvidia


@pytest.fixture(autouse=True)
def _asked_anew() -> None:
    for cached in (nvidia._driver, nvidia.find_gpu):
        cached.cache_clear()


def test_a_missing_driver_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(nvidia.ctypes, "CDLL", absent)
    with pytest.raises(ProviderError, match=r"NVIDIA's driver is missing \(no libcuda\.so\.1\)"):
        nvidia.find_gpu(0)


def test_a_driver_without_a_gpu_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Driver:
        def __init__(self, _: str) -> None:
            pass

        def cuInit(self, _: int) -> int:
            return 100

    monkeypatch.setattr(nvidia.ctypes, "CDLL", Driver)
    with pytest.raises(ProviderError, match=r"there is no NVIDIA GPU \(the driver's error 100\)"):
        nvidia.used_bytes(0)
