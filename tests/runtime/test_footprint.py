"""What a process of its own says of loading and running a network."""

import mmap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.catalog.errors import ModelError
from suite.catalog.folder import read_catalog
from suite.runtime import footprint as footprints
from suite.runtime.footprint import footprint, growth_a_run

SOURCE = Path(__file__).resolve().parents[2] / "fixtures" / "embedded" / "insightface.onnx"


def test_loading_and_running_cost_time_and_memory() -> None:
    found = footprint(SOURCE, read_catalog().providers["cpu"], None, (1, 3, 112, 112))
    assert found.load_ms > 0
    assert found.first_run_ms > 0
    assert found.device_memory_mib is None
    assert found.memory_runs >= 40
    assert abs(found.memory_growth_kib) < 0.25


def test_a_network_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"net\.onnx: cannot be loaded and run in a process of"):
        footprint(path, read_catalog().providers["cpu"], None, (1, 3, 112, 112))


def test_another_package_suite_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "__init__.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert footprint(SOURCE, read_catalog().providers["cpu"], None, (1, 3, 112, 112)).load_ms > 0


def test_a_leak_is_what_memory_grows_by_with_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprints, "_RUNS", 400)
    # Pages of their own: a heap may have had room for what is allocated.
    kept: list[mmap.mmap] = []

    def leak() -> None:
        kept.append(mmap.mmap(-1, 8192))
        kept[-1].write(b"x" * 8192)

    resident = footprints._grown(leak)
    assert growth_a_run(resident) / 1024 == pytest.approx(8, rel=0.2)


@given(st.floats(0, 1e6), st.integers(4, 300), st.floats(0, 1e9))
def test_growth_is_the_slope_after_the_first_quarter(slope: float, runs: int, size: float) -> None:
    resident = [size + slope * run for run in range(runs)]
    resident[0] = 0.0  # what an allocator takes at first is no growth
    assert growth_a_run(resident) == pytest.approx(slope, rel=0.35, abs=1e-3)
