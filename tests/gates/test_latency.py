"""What is done where nothing can be timed."""

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from small import network, small_catalog, small_work

from suite.gates.latency import Stopwatch
from suite.judging.outcome import Outcome


class Theirs(BenchmarkFixture):
    """What another plugin gives out as the fixture, as pytest-codspeed does."""

    def __init__(self) -> None:
        """Without anything that pytest-benchmark's has."""


@pytest.mark.parametrize("fixture", [Theirs(), object(), print], ids=["subclass", "object", "call"])
def test_latency_is_deferred_where_another_plugin_owns_the_fixture(
    tmp_path: Path, fixture: object
) -> None:
    work = small_work(small_catalog(tmp_path, network()))
    outcome, said = Stopwatch(work, fixture).cannot_time(1)
    assert outcome is Outcome.DEFERRED
    assert said.startswith("the fixture benchmark is not pytest-benchmark's here, but of ")


def test_latency_is_deferred_without_the_fixture(tmp_path: Path) -> None:
    work = small_work(small_catalog(tmp_path, network()))
    assert Stopwatch(work, None).cannot_time(1)[0] is Outcome.DEFERRED
