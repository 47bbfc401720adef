"""Benchmarks run when they are asked for: a busy machine must not fail the tests."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# What several kinds of test share, and the experiments that tests repeat in short.
for folder in ("support", "experiments"):
    sys.path.insert(0, str(Path(__file__).with_name(folder)))

# The last has every process compile anew what it imports.
HIDDEN = ("PYTEST_XDIST_", "PYTEST_ADDOPTS", "PYTHONDONTWRITEBYTECODE")

# Tests that take a minute or so first, so that no worker begins one when the others are done.
LONG = (
    *("job/test_full_size.py", "job/test_first_hour.py", "job/test_real_slice.py"),
    *("job/test_families.py", "experiments/test_kills.py", "gates/test_lost_layers.py", "job/"),
)


def pytest_configure(config: pytest.Config) -> None:
    """Give each worker cores of its own: threads that wait for a busy one spin in the meantime."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker and hasattr(os, "sched_setaffinity"):
        cores, number = sorted(os.sched_getaffinity(0)), int(worker.removeprefix("gw"))
        own = cores[number :: int(os.environ["PYTEST_XDIST_WORKER_COUNT"])]
        os.sched_setaffinity(0, own or {cores[number % len(cores)]})


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if collection_path.name != "benchmarks" or any("benchmarks" in arg for arg in config.args):
        return None
    return True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long tests first; the others stay in their order."""

    def place(item: pytest.Item) -> int:
        path = item.path.as_posix().removeprefix(f"{Path(__file__).parent.as_posix()}/")
        return next((place for place, long in enumerate(LONG) if path.startswith(long)), len(LONG))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let a worker that has nothing left take tests from another: jobs are long, units short."""
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact cache that the jobs share, those of every worker."""
    folder = tmp_path_factory.getbasetemp()
    return (folder.parent if folder.name.startswith("popen-") else folder) / "artifacts"


@pytest.fixture
def forbid(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Has the system refuse a path and what is below it, as tests may run as a user who may all."""

    def forbidden(path: Path) -> None:
        def refusing(look: Callable[..., Any]) -> Callable[..., Any]:
            def looked(self: Path, *args: Any, **keys: Any) -> Any:
                if Path(os.path.normpath(self)).is_relative_to(path):
                    raise PermissionError(errno.EACCES, "Permission denied", str(self))
                return look(self, *args, **keys)

            return looked

        for name in ("stat", "open", "iterdir"):
            monkeypatch.setattr(Path, name, refusing(getattr(Path, name)))

    return forbidden


@pytest.fixture(scope="session", autouse=True)
def _no_options_to_subprocesses() -> Iterator[None]:
    """Hide a worker's variables and this run's options from the jobs that tests start.

    For a worker's variables nothing would be timed in a job.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(HIDDEN)]:
            patch.delenv(name)
        yield
