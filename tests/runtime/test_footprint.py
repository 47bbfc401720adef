"""What a process of its own says of loading and running a network."""

from pathlib import Path

import pytest

from suite.catalog.errors import ModelError
from suite.catalog.folder import read_catalog
from suite.runtime.footprint import footprint

SOURCE = Path(__file__).resolve().parents[2] / "fixtures" / "embedded" / "insightface.onnx"


def test_loading_and_running_cost_time_and_memory() -> None:
    found = footprint(SOURCE, read_catalog().providers["cpu"], None, (1, 3, 112, 112))
    assert found.load_ms > 0
    assert found.first_run_ms > 0
    assert found.device_memory_mib is None


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
