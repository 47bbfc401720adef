import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.catalog.figures import FIGURES
from suite.catalog.limits import Limits
from suite.catalog.policy import PolicySpec
from suite.judging.against_baseline import judge_against_baseline, too_wide
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.against_itself import judge_against_itself
from suite.judging.identity import Identified, other_identity
from suite.judging.judgement import Entry
from suite.judging.kept_limits import KeptLimits
from suite.judging.measured import Change, Measured, Uncertainty
from suite.judging.outcome import Outcome
from suite.judging.record import Row
from suite.judging.rows import held

IDENTITY = {"source": "a" * 64, "recipe": "b" * 64}


def measured(**figures: float) -> Measured:
    return Measured(section="verification.x", identity=IDENTITY, figures=figures)


def accepted(identity: dict | None = None, **figures: float) -> Entry:
    return Entry(identity=identity or IDENTITY, figures=figures, samples={}, limits=KeptLimits())


@given(st.floats(0, 1), st.floats(-0.1, 0.1), st.floats(0, 0.05))
def test_a_figure_passes_exactly_where_it_lies_within_its_tolerance(
    value: float, moved: float, tolerance: float
) -> None:
    judged = judge_against_baseline(
        measured(accuracy=value + moved), accepted(accuracy=value), Limits({"accuracy": tolerance})
    )
    if abs(abs(value + moved - value) - tolerance) > 1e-5:
        assert (judged.outcome is Outcome.PASS) == (abs(value + moved - value) <= tolerance)


@pytest.mark.parametrize(
    ("half_width", "limit"),
    [(0.001, 0.002), (0.003, 0.003), (0.5, 0.006)],
    ids=["below the tolerance", "above it", "three tolerances at most"],
)
def test_what_quantization_changes_by_chance_widens_a_tolerance(
    half_width: float, limit: float
) -> None:
    change = Change(point=0.01, low=0.01 - half_width, high=0.01 + half_width)
    unsure = Uncertainty(drawn="people", units=9, changes={"accuracy": change})
    for moved, outcome in ((0.99, Outcome.PASS), (1.01, Outcome.FAIL)):
        now = measured(accuracy=0.9 - moved * limit).model_copy(update={"uncertainty": unsure})
        judged = judge_against_baseline(now, accepted(accuracy=0.9), Limits({"accuracy": 0.002}))
        assert judged.outcome is outcome
        assert judged.rows[0].limit == pytest.approx(limit)


@pytest.mark.parametrize(
    ("version", "made_of", "outcome"),
    [
        ("1.24.1", "recipe", Outcome.PASS),
        ("1.32.0", "recipe", Outcome.FAIL),
        ("1.24.1", "artifact", Outcome.FAIL),
    ],
)
def test_a_size_may_differ_more_where_another_version_built_it(
    version: str, made_of: str, outcome: Outcome
) -> None:
    identity = {"source": "a" * 64, made_of: "b" * 64}
    now = Measured(section="artifact", identity=identity, figures={"size_bytes": 1_015_000})
    entry = Entry(
        identity=identity,
        figures={"size_bytes": 1_000_000},
        samples={},
        limits=KeptLimits(),
        versions={"onnxruntime": "1.32.0", "onnx": "1.23.2"},
    )
    limits, here = Limits({"size_bytes": 0.01}), {"onnxruntime": version, "onnx": "1.23.2"}
    assert judge_against_baseline(now, entry, limits, here).outcome is outcome
    assert judge_against_baseline(now, entry, limits).outcome is Outcome.FAIL


def test_other_weights_are_the_first_line_whatever_the_figures_say() -> None:
    entry = accepted({**IDENTITY, "source": "c" * 64}, accuracy=0.9)
    judged = judge_against_baseline(measured(accuracy=0.9), entry, Limits({"accuracy": 0.1}))
    assert judged.outcome is Outcome.FAIL
    assert judged.headline.startswith("other weights than accepted: source is aaaaaaaaaaaa…")


def test_better_than_accepted_fails_and_says_to_accept_it() -> None:
    judged = judge_against_baseline(
        measured(accuracy=0.95), accepted(accuracy=0.9), Limits({"accuracy": 0.01})
    )
    assert judged.outcome is Outcome.FAIL
    assert judged.sentence == "better than accepted: Accuracy; accept it with --snapshot-update"


def test_a_headline_names_the_three_that_moved_most_in_units_of_their_tolerance() -> None:
    before = {"accuracy": 0.9, "roc_auc": 0.9, "eer": 0.1, "cosine_mean": 0.9, "cosine_worst": 0.8}
    after = {"accuracy": 0.8, "roc_auc": 0.89, "eer": 0.12, "cosine_mean": 0.6, "cosine_worst": 0.7}
    tolerances = {**dict.fromkeys(before, 0.01), "roc_auc": 0.0001, "cosine_worst": 0.09}
    judged = judge_against_baseline(measured(**after), accepted(**before), Limits(tolerances))
    assert judged.headline == (
        "not as accepted: ROC AUC, Mean cosine to FP32, Accuracy and 2 other figures"
    )
    assert len([row for row in judged.rows if row.outcome is Outcome.FAIL]) == 5


@pytest.mark.parametrize(("size", "outcome"), [(900, "pass"), (1009, "pass"), (1011, "fail")])
def test_size_is_relative_and_fails_upward_alone(size: float, outcome: str) -> None:
    judged = judge_against_baseline(
        measured(size_bytes=size), accepted(size_bytes=1000), Limits({"size_bytes": 0.01})
    )
    assert judged.outcome == outcome


def test_a_metric_without_an_accepted_figure_fails_by_name() -> None:
    judged = judge_against_baseline(
        measured(accuracy=0.9, roc_auc=0.9), accepted(accuracy=0.9), Limits({"accuracy": 0.1})
    )
    assert judged.outcome is Outcome.FAIL
    assert "roc_auc" in judged.headline


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_never_passes(value: float) -> None:
    judged = judge_against_baseline(
        measured(accuracy=value), accepted(accuracy=0.9), Limits({"accuracy": 10})
    )
    assert judged.outcome is Outcome.FAIL
    assert judge_against_fp32(measured(accuracy=value), PolicySpec()).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("part", "values", "said"),
    [
        ("figures", {"accuracy": math.nan}, "Accuracy was measured as nan, which is not a number"),
        ("figures", {"eer": -0.1}, "EER was measured as -0.1, which can never be below 0"),
        ("observed", {"quantized_share": math.nan}, "which is not a number"),
        ("observed", {"quantized_share": 1.5}, "which can never be above 1"),
        ("fp32", {"accuracy": math.nan}, "which is not a number"),
        ("samples", {"embedding": (0.1, math.inf)}, "FP32 embedding was measured as inf"),
    ],
)
def test_what_cannot_be_fails_by_name_and_is_written_as_json(part, values, said: str) -> None:
    now = measured(accuracy=0.9).model_copy(update={part: values})
    judged = judge_against_fp32(now, PolicySpec(loss={"accuracy": 0.1}))
    assert judged.outcome is Outcome.FAIL
    assert said in judged.headline
    unsure = Uncertainty(
        drawn="people",
        units=2,
        intervals={"eer": (0, 1), "accuracy": (math.nan, 1)},
        changes={"eer": Change(point=0, low=math.nan, high=1)},
    )
    now = now.model_copy(update={"uncertainty": unsure})
    for row in judged.rows:
        assert Row.model_validate_json(row.model_dump_json()) == row
    kept = now.of_numbers()
    assert Measured.model_validate_json(kept.model_dump_json()) == kept
    assert judge_against_fp32(kept, PolicySpec()).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("figures", {"eer": math.nan, "accuracy": 0.9}),
        ("intervals", {"accuracy": (math.nan, 1)}),
        ("fp32", {"accuracy": math.inf}),
        ("samples", {"embedding": (0.1, math.nan)}),
    ],
)
def test_a_record_without_what_is_no_number_fails_when_it_is_judged_again(part, values) -> None:
    assert measured(accuracy=0.9).of_numbers() == measured(accuracy=0.9)
    kept = measured(accuracy=0.9).model_copy(update={part: values}).of_numbers()
    judged = judge_against_fp32(kept, PolicySpec())
    label = FIGURES[next(iter(values))].label
    assert judged.outcome is Outcome.FAIL
    assert judged.headline == f"measured as what is not a number: {label}"


def test_a_difference_that_is_no_number_fails_by_name() -> None:
    now = measured().model_copy(update={"differences": {"batch_difference": math.nan}})
    judged = judge_against_itself(now, {"batch_difference": 1})
    assert judged.outcome is Outcome.FAIL
    assert "Distance to the same faces in other batches was measured as nan" in judged.headline


@pytest.mark.parametrize("ends", [(math.nan,), (math.nan, 0.0), (0.0, math.nan)])
def test_an_interval_of_what_is_no_number_is_never_undecided(ends: tuple[float, ...]) -> None:
    assert held(ends, 0.5) is Outcome.FAIL


def test_what_has_no_certain_interval_is_too_wide_to_be_accepted() -> None:
    now = measured(accuracy=0.9)
    wide = now.model_copy(update={"intervals": {"accuracy": (math.nan, 0.9)}})
    assert too_wide(wide, {"accuracy": 0.1}) == ["accuracy"]


def test_samples_of_another_length_fail() -> None:
    now = Measured(section="fingerprint", identity=IDENTITY, samples={"tensor": (1.0, 2.0)})
    entry = Entry(identity=IDENTITY, figures={}, samples={"tensor": (1.0,)})
    assert judge_against_baseline(now, entry, Limits({"tensor": 9})).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("name", "value", "fp32", "outcome"),
    [
        ("accuracy", 0.985, 0.99, "pass"),
        ("accuracy", 0.975, 0.99, "fail"),
        ("accuracy", 1.0, 0.9, "pass"),
        ("eer", 0.03, 0.01, "fail"),
        ("eer", 0.001, 0.01, "pass"),
    ],
)
def test_a_loss_against_fp32_counts_in_the_direction_that_is_worse(
    name: str, value: float, fp32: float, outcome: str
) -> None:
    now = Measured(
        section="verification.x", identity=IDENTITY, figures={name: value}, reference={name: fp32}
    )
    assert judge_against_fp32(now, PolicySpec(loss={name: 0.01})).outcome == outcome


def test_a_floor_names_the_figure_below_it() -> None:
    judged = judge_against_fp32(
        measured(cosine_mean=0.951), PolicySpec(floor={"cosine_mean": 0.98})
    )
    assert judged.headline == (
        "quantization costs too much: Mean cosine to FP32 0.95100, of which 0.98 is the "
        "least allowed (0.02900 less)"
    )


@pytest.mark.parametrize(
    ("name", "value", "fp32", "said"),
    [
        ("accuracy", 0.985, 0.995, "0.985000 against 0.995000 in FP32, 0.010000 worse where 0.006"),
        ("eer", 0.03, 0.01, "0.03000 against 0.01000 in FP32, 0.02000 worse where 0.006 is"),
    ],
)
def test_a_loss_says_how_much_was_lost_and_how_much_may_be(
    name: str, value: float, fp32: float, said: str
) -> None:
    now = Measured(
        section="verification.x", identity=IDENTITY, figures={name: value}, reference={name: fp32}
    )
    assert said in judge_against_fp32(now, PolicySpec(loss={name: 0.006})).headline


@pytest.mark.parametrize(
    ("name", "low", "high", "outcome"),
    [
        ("accuracy", -0.009, 0.002, "pass"),
        ("accuracy", -0.02, -0.001, "undecided"),
        ("accuracy", -0.03, -0.011, "fail"),
        ("eer", -0.002, 0.009, "pass"),
        ("eer", 0.005, 0.02, "undecided"),
        ("eer", 0.011, 0.02, "fail"),
    ],
)
def test_a_policy_on_the_interval_has_three_outcomes(
    name: str, low: float, high: float, outcome: str
) -> None:
    change = Change(point=(low + high) / 2, low=low, high=high)
    now = Measured(
        section="verification.x",
        identity=IDENTITY,
        figures={name: 0.5 + change.point},
        reference={name: 0.5},
        uncertainty=Uncertainty(drawn="people", units=100, changes={name: change}),
    )
    on_interval = PolicySpec(loss={name: 0.01}, on_interval=(name,))
    judged = judge_against_fp32(now, on_interval)
    assert judged.outcome == outcome
    assert judged.rows[0].interval == (low, high)
    if outcome == "undecided":
        assert judged.headline.startswith("the interval straddles the limit: ")
    on_point = judge_against_fp32(now, PolicySpec(loss={name: 0.01}))
    assert on_point.outcome is not Outcome.UNDECIDED
    assert on_point.rows[0].interval is None


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (1.02, 1.10, "pass"),
        (0.98, 1.05, "undecided"),
        (0.90, 0.97, "fail"),
        (0.8, 1.9, "undecided"),
    ],
)
def test_a_speed_floor_is_judged_on_the_interval(low: float, high: float, outcome: str) -> None:
    judged = judge_against_fp32(timed(low, high), PolicySpec(floor={"speedup": 1.0}))
    assert judged.outcome == outcome
    (row,) = judged.rows
    assert row.interval == pytest.approx((low - 1, high - 1))


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (1.25, 1.30, "pass"),
        (1.15, 1.18, "fail"),  # 7 % below 1.28 is 1.1904
        (1.17, 1.21, "undecided"),
        (1.60, 1.70, "pass"),  # faster never fails
    ],
)
def test_an_accepted_speed_up_may_be_lost_by_its_tolerance(
    low: float, high: float, outcome: str
) -> None:
    entry = Entry({"batch": 1, "threads": 1}, {"speedup": 1.28}, {}, limits=KeptLimits())
    judged = judge_against_baseline(timed(low, high), entry, Limits({"speedup": 0.07}))
    assert judged.outcome == outcome
    if outcome == "undecided":
        assert "straddles the limit against accepted: Speed-up over FP32" in judged.headline


@pytest.mark.parametrize(("format_", "outcome"), [(3, "not compared"), (4, "fail")])
def test_a_floor_that_the_suite_lowered_leaves_what_was_accepted_before_green(
    format_: int, outcome: str
) -> None:
    """On AVX2 it was 1.0 whatever the profile; figures of format 4 are not compared either."""
    figures, kept = {"speedup": 1.28}, KeptLimits(floor={"speedup": 1.0})
    entry = Entry({"batch": 1, "threads": 1}, figures, {}, format_, limits=kept)
    now = timed(1.27, 1.29)
    if format_ == 3:
        now = now.model_copy(update={"figures": {**now.figures, "fp32_over_probe": 30.0}})
    limits = Limits({"speedup": 0.07, "fp32_over_probe": 0.1}, PolicySpec(floor={"speedup": 0.85}))
    assert judge_against_baseline(now, entry, limits).outcome == outcome


def test_an_interval_wider_than_its_tolerance_is_too_uncertain_to_accept() -> None:
    assert too_wide(timed(1.0, 1.05), {"speedup": 0.07}) == []
    assert too_wide(timed(1.0, 1.10), {"speedup": 0.07}) == ["speedup"]
    assert too_wide(timed(1.0, 1.0), {"speedup": 0.0}) == []


def timed(low: float, high: float) -> Measured:
    return Measured(
        section="latency.some-cpu.onnxruntime-1.32.batch1",
        identity={"batch": 1, "threads": 1},
        figures={"speedup": (low + high) / 2},
        observed={"latency_ms": 1.0},
        intervals={"speedup": (low, high), "latency_ms": (0.9, 1.1)},
    )


def test_what_was_built_and_is_brought_now_says_so() -> None:
    built = Identified({"source": "a"}, {}, 2)
    brought = Identified({"source": "a", "artifact": "b"}, {}, 2)
    assert other_identity(brought, built) == (
        "other brought artifact than accepted: artifact is b, and none was accepted"
    )
    assert other_identity(built, brought) == (
        "other brought artifact than accepted: there is no artifact now, accepted b"
    )
    recipe = Identified({"source": "a", "recipe": "r"}, {}, 2)
    assert "the artifact b is brought, the accepted one was built here" in (
        other_identity(brought, recipe) or ""
    )


def test_what_a_hash_is_of_is_said_in_words() -> None:
    def of(digest: str, **facts: bool | int) -> Identified:
        return Identified({"recipe": digest}, {"recipe": facts} if facts else {}, 2)

    accepted = of("b" * 64, per_channel=True, reduce_range=False)
    assert other_identity(of("a" * 64, per_channel=False, reduce_range=False), accepted) == (
        "other recipe than accepted: per_channel false, accepted true "
        "(recipe is aaaaaaaaaaaa…, accepted bbbbbbbbbbbb…)"
    )
    assert other_identity(of("a" * 64, per_channel=True, reduce_range=False), accepted) == (
        "other recipe than accepted: the same keys and counts, other content "
        "(recipe is aaaaaaaaaaaa…, accepted bbbbbbbbbbbb…)"
    )
    # An entry that says nothing of its hashes is compared by them alone.
    assert other_identity(of("a" * 64, per_channel=False), of("b" * 64)) == (
        "other recipe than accepted: recipe is aaaaaaaaaaaa…, accepted bbbbbbbbbbbb…"
    )
