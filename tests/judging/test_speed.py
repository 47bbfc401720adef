"""What is concluded of a speed beside a neighbour, on a slower core, and of a gain."""

import pytest

from suite.catalog.figures import FIGURES
from suite.catalog.limits import Limits
from suite.catalog.policy import PolicySpec
from suite.judging.against_baseline import judge_against_baseline
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.judgement import FORMAT, Entry, Judgement
from suite.judging.kept_limits import KeptLimits
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome

IDENTITY = {"batch": 1, "threads": 1}
ACCEPTED = {
    "speedup": 1.5,
    "fp32_over_probe": 30.0,
    "mode_over_probe": 20.0,
    "probe_ms": 0.2,
    "peak_memory_mib": 100.0,
    "memory_growth_kib": 0.0,
}
TOLERANCES = {name: each.tolerance.quantized for name, each in FIGURES.items() if each.tolerance}
SURE = ("speedup", "fp32_over_probe", "mode_over_probe")


def judged(disturbed: str = "", spread: float = 0.01, **moved: float) -> Judgement:
    """A speed with some figures so many times as large as accepted, or more by so much of 0."""
    figures = {name: ACCEPTED[name] * moved.get(name, 1.0) for name in ACCEPTED}
    figures["memory_growth_kib"] = moved.get("memory_growth_kib", 0.0)
    now = Measured(
        section="latency.some-cpu.onnxruntime-1.32.batch1",
        identity=IDENTITY,
        figures=figures,
        intervals={n: (figures[n] * (1 - spread), figures[n] * (1 + spread)) for n in SURE},
        disturbed=disturbed,
    )
    entry = Entry(IDENTITY, ACCEPTED, {}, format=FORMAT, limits=KeptLimits())
    if disturbed:
        policy = judge_against_fp32(now, PolicySpec(floor={"speedup": 1.0}))
        assert policy.outcome is Outcome.UNDECIDED
        assert policy.headline == disturbed
    return judge_against_baseline(now, entry, Limits(TOLERANCES))


@pytest.mark.parametrize(
    ("moved", "outcome", "said"),
    [
        ({}, "pass", "as accepted"),
        # The mode takes 15 % longer.
        (
            {"speedup": 1 / 1.15, "mode_over_probe": 1.15},
            "fail",
            "not as accepted: Speed-up over FP32, Latency over the probe loop's",
        ),
        # FP32 does: the ratio alone calls that a gain.
        (
            {"speedup": 1.15, "fp32_over_probe": 1.15},
            "fail",
            "not as accepted: FP32 latency over the probe loop's",
        ),
        # Both do, so that the ratio is as it was.
        (
            {"fp32_over_probe": 1.15, "mode_over_probe": 1.15},
            "fail",
            "not as accepted: FP32 latency over the probe loop's, Latency over the probe loop's",
        ),
        # So does the loop beside them, which never changes: the core is another.
        (
            {"fp32_over_probe": 1.15, "mode_over_probe": 1.15, "probe_ms": 1.2},
            "undecided",
            "slower than accepted, and so is a loop that never changes",
        ),
        # A slower core that slows all alike is no matter.
        ({"probe_ms": 1.5}, "pass", "as accepted"),
        (
            {"speedup": 1.15, "fp32_over_probe": 1.06, "mode_over_probe": 0.92},
            "undecided",
            "faster than accepted, and FP32 slower than accepted",
        ),
        ({"speedup": 1.3, "mode_over_probe": 1 / 1.3}, "pass", "faster than accepted"),
        ({"peak_memory_mib": 1.11}, "fail", "not as accepted: Peak host memory (MiB)"),
        ({"peak_memory_mib": 0.5}, "pass", "as accepted"),
        ({"memory_growth_kib": 2.0}, "fail", "not as accepted: Growth of memory (KiB a run)"),
    ],
)
def test_a_speed_is_concluded(moved: dict[str, float], outcome: str, said: str) -> None:
    found = judged(**moved)
    assert found.outcome == outcome
    assert found.headline.startswith(said)


def test_a_gain_says_to_accept_it() -> None:
    assert judged(speedup=1.3).sentence == (
        "faster than accepted; accept it with --snapshot-update"
    )
    # One that may be chance does not.
    assert judged(speedup=1.08, spread=0.03).sentence == "as accepted"


@pytest.mark.parametrize("moved", [{}, {"speedup": 0.5}, {"speedup": 2.0}, {"mode_over_probe": 2}])
def test_beside_a_busy_neighbour_nothing_timed_is_decided(moved: dict[str, float]) -> None:
    found = judged("a busy neighbour: 3 of 90 turns", **moved)
    assert found.outcome is Outcome.UNDECIDED
    assert found.headline == "a busy neighbour: 3 of 90 turns"
    assert not [row for row in found.rows if row.metric in SURE and row.outcome is Outcome.PASS]


def test_without_a_time_of_the_loop_a_busy_neighbour_is_no_failure() -> None:
    now = Measured(
        section="latency.some-cpu.onnxruntime-1.32.batch1",
        identity=IDENTITY,
        figures={"speedup": 1.5, "peak_memory_mib": 100.0, "memory_growth_kib": 0.0},
        disturbed="a busy neighbour",
    )
    entry = Entry(IDENTITY, ACCEPTED, {}, format=FORMAT, limits=KeptLimits())
    found = judge_against_baseline(now, entry, Limits(TOLERANCES))
    assert found.outcome is Outcome.UNDECIDED
    quiet = now.model_copy(update={"disturbed": ""})
    found = judge_against_baseline(quiet, entry, Limits(TOLERANCES))
    assert found.outcome is Outcome.FAIL
    assert "fp32_over_probe, mode_over_probe, probe_ms" in found.headline


def test_memory_is_judged_whoever_is_beside() -> None:
    found = judged("a busy neighbour", peak_memory_mib=2.0, speedup=0.5)
    assert found.outcome is Outcome.FAIL
    assert found.headline == "not as accepted: Peak host memory (MiB)"
