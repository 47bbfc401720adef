"""What a machine says of time that went to others."""

from pathlib import Path

import numpy as np
import pytest

from suite.runtime import neighbours, probe_loop
from suite.runtime.neighbours import Given, given_to_others


def test_steal_and_throttled_periods_are_read(tmp_path: Path, monkeypatch) -> None:
    stat, cpu = tmp_path / "stat", tmp_path / "cpu.stat"
    stat.write_text("cpu  183196 75056 21113 56833 903 0 211 898 0 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n")
    cpu.write_text("usage_usec 12\nnr_periods 90\nnr_throttled 17\nthrottled_usec 4000\n")
    monkeypatch.setattr(neighbours, "_STAT", str(stat))
    monkeypatch.setattr(neighbours, "_CPU_STATS", (str(tmp_path / "none"), str(cpu)))
    before = given_to_others()
    assert before == Given(steal_s=pytest.approx(8.98), throttled=17)
    cpu.write_text("nr_periods 95\nnr_throttled 20\n")
    assert given_to_others().since(before) == Given(0.0, 3)


def test_a_system_that_does_not_say_gave_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(neighbours, "_STAT", str(tmp_path / "none"))
    monkeypatch.setattr(neighbours, "_CPU_STATS", ())
    assert given_to_others() == Given()


def test_the_probe_loop_does_its_work() -> None:
    probe_loop._SUMS[:] = probe_loop._RAISED[:] = 0
    probe_loop.probe()
    np.testing.assert_allclose(probe_loop._SUMS, np.cumsum(probe_loop._SUMMED))
    np.testing.assert_allclose(probe_loop._RAISED, np.exp(probe_loop._POWERS), rtol=1e-6)
