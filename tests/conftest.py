"""Benchmarks run when they are asked for: a busy machine must not fail the tests."""

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if collection_path.name != "benchmarks" or any("benchmarks" in arg for arg in config.args):
        return None
    return True


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact cache that the tests of the whole job share."""
    return tmp_path_factory.mktemp("artifacts")
