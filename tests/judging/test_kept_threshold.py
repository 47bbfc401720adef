"""A figure that a set does not resolve gives way to what a threshold that is kept decides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import measured

from suite.catalog.figures import FIGURES, at_kept_threshold
from suite.catalog.gate import Gate
from suite.catalog.limits import Limits
from suite.catalog.policy import PolicySpec
from suite.judging.against_baseline import judge_against_baseline
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.judgement import Entry
from suite.judging.kept_limits import KeptLimits
from suite.judging.kept_threshold import just_below
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.rows import widened_by_quanta
from suite.judging.shipping.strain import strain
from suite.verification.roc import accepts_within

TAR, THRESHOLD = "tar_at_far_1e-3", "tar_at_far_1e-3_threshold"
FIXED_TAR, FIXED_FAR = at_kept_threshold(TAR)
FIGURES_NOW = {
    TAR: 0.80,
    THRESHOLD: 0.9,
    "val_at_far_1e-3": 0.7,
    "val_far_1e-3": 0.004,
    "accuracy": 0.95,
}
ACCEPTED = {
    TAR: 0.90,
    THRESHOLD: 1.0,
    "val_at_far_1e-3": 0.9,
    "val_far_1e-3": 0.001,
    "accuracy": 0.95,
}
TOLERANCES = {
    name: figure.tolerance.quantized for name, figure in FIGURES.items() if figure.tolerance
}


def of_3000(
    false_rejects: int = 300, false_accepts: int = 3, flag: str = "weak", at: float = 1.0
) -> Measured:
    """A set of 3,000 pairs of each kind whose errors were counted at an accepted threshold."""
    point = {
        "pairs": "listed",
        "far_target": 1e-3,
        "threshold": 0.9,
        "impostors": 3000,
        "genuine": 3000,
        "false_accepts": 3,
        "false_rejects": 600,
    }
    kept = {"false_accepts": false_accepts, "false_rejects": false_rejects}
    resolution = {
        "far_target": 1e-3,
        "impostors": 3000,
        "expected_false_accepts": 3.0,
        "false_accepts": 3,
        "people_pairs": 3,
        "flag": flag,
    }
    return measured(
        Gate.VERIFICATION,
        "d",
        figures=FIGURES_NOW,
        reference={TAR: 0.9, "accuracy": 0.95},
        uncertainty={"drawn": "people", "units": 100, "resolution": {TAR: resolution}},
        quanta={FIXED_TAR: 1 / 3000, FIXED_FAR: 1 / 3000},
        thresholds=[
            {
                **point,
                "kept": {**kept, "threshold": 0.95},
                "accepted": {**kept, "threshold": just_below(at)},
            }
        ],
    )


def judged(now: Measured):
    entry = Entry({"source": "a" * 64}, ACCEPTED, {}, format=99, limits=KeptLimits())
    return judge_against_baseline(now, entry, Limits(TOLERANCES))


def test_what_does_not_resolve_is_shown_and_its_threshold_decides() -> None:
    """TAR@FAR, VAL and their threshold moved by many tolerances, and no pair at the kept one."""
    found = judged(of_3000())
    outcomes = {row.metric: row.outcome for row in found.rows}
    assert found.outcome is Outcome.PASS
    for name in (TAR, THRESHOLD, "val_at_far_1e-3", "val_far_1e-3"):
        assert outcomes[name] is Outcome.NOT_APPLICABLE
    assert outcomes[FIXED_TAR] is outcomes[FIXED_FAR] is outcomes["accuracy"] is Outcome.PASS
    assert all(strain(row) == 0 for row in found.rows if row.outcome is Outcome.NOT_APPLICABLE)


@pytest.mark.parametrize(
    ("false_rejects", "false_accepts", "failed"),
    [
        (316, 3, [FIXED_TAR]),  # 0.0053 lower
        (315, 3, []),
        (284, 3, [FIXED_TAR]),  # better is not as accepted
        (300, 6, []),  # the FAR doubled
        (300, 7, [FIXED_FAR]),
        (300, 0, []),
    ],
)
def test_errors_at_the_accepted_threshold_are_held(false_rejects, false_accepts, failed) -> None:
    found = judged(of_3000(false_rejects, false_accepts))
    assert [row.metric for row in found.rows if row.outcome is Outcome.FAIL] == failed


def test_what_resolves_is_held_itself() -> None:
    found = judged(of_3000(flag=""))
    failed = {row.metric for row in found.rows if row.outcome is Outcome.FAIL}
    assert failed == {TAR, THRESHOLD, "val_at_far_1e-3", "val_far_1e-3"}
    assert FIXED_TAR not in {row.metric for row in found.rows}


def test_nothing_is_held_where_nothing_stands_in_for_it_but_the_figure_itself() -> None:
    """A finished run was held to another threshold than the one accepted today."""
    found = judged(of_3000(at=1.5))
    assert found.outcome is Outcome.FAIL
    assert TAR in {row.metric for row in found.rows if row.outcome is Outcome.FAIL}


@pytest.mark.parametrize(("false_rejects", "outcome"), [(330, "pass"), (331, "fail")])
def test_a_loss_is_that_of_tar_at_fp32s_threshold(false_rejects: int, outcome: str) -> None:
    policy = PolicySpec(loss={TAR: 0.01})
    found = judge_against_fp32(of_3000(false_rejects), policy)
    assert found.outcome == outcome
    shown, held = found.rows
    assert (shown.metric, shown.outcome) == (TAR, Outcome.NOT_APPLICABLE)
    assert (held.metric, held.held_to, held.limit) == (FIXED_TAR, 0.9, 0.01)
    assert judge_against_fp32(of_3000(false_rejects, flag=""), policy).outcome is Outcome.FAIL


@given(st.integers(1, 100_000), st.sampled_from([1e-3, 1e-4, 1e-5, 1e-6]))
def test_the_accepted_far_is_the_most_that_the_target_lets_be(impostors: int, far: float) -> None:
    now = of_3000()
    name = next(n for n, f in FIGURES.items() if f.rests_on == n and f.far == far and "all" in n)
    point = now.thresholds[0].model_copy(
        update={"pairs": "all", "far_target": far, "impostors": impostors}
    )
    resolution = {name: now.uncertainty.resolution[TAR]}
    unsure = now.uncertainty.model_copy(update={"resolution": resolution})
    figures = {name: 0.9, f"{name}_threshold": 1.0}
    now = now.model_copy(update={"figures": figures, "thresholds": (point,), "uncertainty": unsure})
    entry = Entry({"source": "a" * 64}, figures, {}, format=99, limits=KeptLimits())
    found = judge_against_baseline(now, entry, Limits(TOLERANCES))
    (row,) = (row for row in found.rows if row.metric == at_kept_threshold(name)[1])
    allowed = accepts_within(far, impostors) if impostors > 1 else 0
    assert row.held_to == pytest.approx(allowed / impostors, abs=1e-12)


@given(st.floats(0, 1), st.floats(1e-6, 1))
def test_two_steps_widen_a_tolerance_and_switch_no_gate_off(points: float, step: float) -> None:
    widened = widened_by_quanta(points, step)
    assert widened >= points
    assert widened == points or widened <= min(2 * step, 0.5)
    assert widened_by_quanta(points, None) == points


@pytest.mark.parametrize(("moved", "outcome"), [(2, "pass"), (3, "fail")])
def test_a_share_may_move_by_two_pairs_of_a_small_set(moved: int, outcome: str) -> None:
    now = measured(
        Gate.VERIFICATION, "d", figures={"accuracy": 0.9 - moved / 50}, quanta={"accuracy": 1 / 50}
    )
    entry = Entry({"source": "a" * 64}, {"accuracy": 0.9}, {}, format=99, limits=KeptLimits())
    found = judge_against_baseline(now, entry, Limits(TOLERANCES))
    assert found.outcome == outcome
    assert found.rows[0].limit == pytest.approx(0.04)
