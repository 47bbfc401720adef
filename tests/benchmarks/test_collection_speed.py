"""Collecting the gates is quick, because it imports no runtime and loads no model."""

import subprocess
import sys
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

ROOT = Path(__file__).resolve().parents[2]


def test_collecting_the_gates_takes_under_three_seconds(benchmark: BenchmarkFixture) -> None:
    def collect() -> None:
        subprocess.run(
            [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )

    benchmark.pedantic(collect, rounds=3, iterations=1, warmup_rounds=1)
    assert benchmark.stats is not None
    assert benchmark.stats.stats.median < 3
