"""Our measuring loop adds hardly anything to a bare loop of ``run_with_iobinding``."""

import statistics
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from suite.catalog.folder import read_catalog
from suite.gates.latency import Stopwatch
from suite.gates.progress import Progress
from suite.gates.workbench import Workbench
from suite.runtime.binding import BoundSession
from suite.runtime.profile import own_profile

ROUNDS = 40
MOST_SHARE, MOST_S = 0.03, 20e-6


@pytest.mark.parametrize("model_id", ["arcface-embedded", "facenet-embedded"])
def test_the_loop_adds_at_most_3_per_cent_or_20_us(
    benchmark, model_id: str, tmp_path: Path, monkeypatch
) -> None:
    catalog = read_catalog()
    provider, model = catalog.providers["cpu"], catalog.models[model_id]
    bench = Workbench(catalog, provider, 0, own_profile(provider), tmp_path, Progress(nullcontext))
    bare_s: list[float] = []
    ours_s: list[list[float]] = []
    from_bound = BoundSession.__init__

    def bare_loop_first(self, session, *args, **options) -> None:
        # Each block opens its session here: the bare loop runs on the same one, just before.
        from_bound(self, session, *args, **options)
        for _ in range(ROUNDS // 4):
            self()
        run, binding = self._session.run_with_iobinding, self._binding
        start = time.perf_counter()
        for _ in range(ROUNDS):
            run(binding)
        bare_s.append((time.perf_counter() - start) / ROUNDS)

    monkeypatch.setattr(BoundSession, "__init__", bare_loop_first)
    measured = Stopwatch(bench.case(model, catalog.fp32), benchmark).measure(1)
    seconds = benchmark.stats.stats.data
    blocks = int(measured.observed["blocks"])
    size = len(seconds) // blocks
    ours_s = [seconds[i * size : (i + 1) * size] for i in range(blocks)]
    assert len(bare_s) == blocks
    added_s = statistics.median(
        statistics.fmean(ours) - bare for ours, bare in zip(ours_s, bare_s, strict=True)
    )
    bare = statistics.median(bare_s)
    allowed_s = max(MOST_SHARE * bare, MOST_S)
    benchmark.extra_info["added_us"] = added_s * 1e6
    print(f"{model_id}: {added_s * 1e6:+.1f} µs on {bare * 1e6:.1f} µs")
    assert added_s <= allowed_s, (
        f"the loop adds {added_s * 1e6:.1f} µs to {bare * 1e6:.1f} µs of a bare loop, at most "
        f"{allowed_s * 1e6:.1f} µs are allowed; of each block: {bare_s}"
    )
