"""Benchmarks run when they are asked for: a busy machine must not fail the tests."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# What several kinds of test share, and the experiments that tests repeat in short.
for folder in ("support", "experiments"):
    sys.path.insert(0, str(Path(__file__).with_name(folder)))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if collection_path.name != "benchmarks" or any("benchmarks" in arg for arg in config.args):
        return None
    return True


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact cache that the tests of the whole job share."""
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="session", autouse=True)
def _no_worker_to_subprocesses() -> Iterator[None]:
    """Hide a worker's variables: in a job that a test starts, nothing would be timed for them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PYTEST_XDIST_")]:
            patch.delenv(name)
        yield
