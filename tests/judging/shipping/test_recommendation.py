"""Which mode of a model to ship, for each case that a run may end in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import measured, record, row

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Record
from suite.judging.shipping.recommendation import Recommendation, recommend

MIB = 2**20
Speed = tuple[float, float, float]


def gates(
    mode: str,
    speed: Speed | None = (2.0, 1.9, 2.1),
    *,
    cosine: float = 0.99,
    sets: tuple[str, ...] = ("lfw",),
    outcomes: dict[Gate, Outcome] | None = None,
    over_prepared: Speed | None = None,
    prepared: Speed | None = None,
) -> list[Record]:
    """The records of a mode that passes all its gates, but for the ``outcomes`` given."""
    found = {**dict.fromkeys(Gate, Outcome.PASS), **(outcomes or {})}
    size = measured(Gate.ARTIFACT, figures={"size_bytes": MIB})
    made = [record(Gate.ARTIFACT, found[Gate.ARTIFACT], mode=mode, measured=size)]
    for name in sets:
        made.append(_verified(mode, name, found[Gate.VERIFICATION]))
        near = measured(Gate.FIDELITY, name, figures={"cosine_worst": cosine})
        made.append(
            record(Gate.FIDELITY, found[Gate.FIDELITY], mode=mode, dataset=name, measured=near)
        )
    made.append(_timed(mode, found[Gate.LATENCY], speed, over_prepared, prepared))
    return made


def _verified(mode: str, name: str, outcome: Outcome) -> Record:
    held = row("accuracy", outcome, against=Against.FP32, reference=0.99, value=0.987, limit=0.006)
    if outcome is Outcome.FAIL:
        held = row(
            "accuracy", outcome, against=Against.FP32, reference=0.99, value=0.96, limit=0.006
        )
    pairs = measured(Gate.VERIFICATION, name, figures={"accuracy": held.measured})
    return record(
        Gate.VERIFICATION,
        outcome,
        "the interval straddles the limit" if outcome is Outcome.UNDECIDED else "as it is",
        mode=mode,
        dataset=name,
        measured=pairs,
        rows=(held,),
    )


def _timed(
    mode: str,
    outcome: Outcome,
    speed: Speed | None,
    over_prepared: Speed | None,
    prepared: Speed | None,
) -> Record:
    if speed is None:
        why = "pytest-benchmark is off here (under xdist, or by an option)"
        return record(Gate.LATENCY, Outcome.DEFERRED, why, mode=mode)
    beside = {"speedup_over_prepared": over_prepared, "prepared_speedup": prepared}
    known = {name: value for name, value in beside.items() if value}
    timed = measured(
        Gate.LATENCY,
        identity={"batch": 1, "threads": 1},
        figures={"speedup": speed[0]},
        observed={name: value[0] for name, value in known.items()},
        intervals={"speedup": speed[1:], **{name: value[1:] for name, value in known.items()}},
    )
    return record(Gate.LATENCY, outcome, "too wide", mode=mode, measured=timed)


def fp32(outcome: Outcome = Outcome.PASS) -> list[Record]:
    size = measured(Gate.ARTIFACT, figures={"size_bytes": 4 * MIB})
    return [
        record(measured=size),
        record(Gate.FINGERPRINT, outcome, "not as accepted"),
        record(Gate.VERIFICATION, dataset="lfw", measured=measured(Gate.VERIFICATION, "lfw")),
        record(Gate.LATENCY, measured=measured(Gate.LATENCY, identity={"batch": 1})),
    ]


def chosen(*records: list[Record]) -> Recommendation:
    (found,) = recommend([each for some in records for each in some])
    return found


def test_the_fastest_that_meets_its_policy_is_shipped_with_its_reasons() -> None:
    found = chosen(fp32(), gates("slow", (1.5, 1.4, 1.6)), gates("fast", (3.0, 2.9, 3.1)))
    assert found.mode == "fast"
    assert found.headline == "ship fast: 3.00 × (2.90 … 3.10) the speed of FP32"
    assert found.reasons == (
        "within its policy on lfw; nearest to a limit: Accuracy on lfw 0.987000, 0.003000 worse of "
        "the 0.006 allowed against FP32's 0.990000",
        "1.00 MiB, 0.25 of FP32's 4.00 MiB",
        "slow passes its gates too and is slower than the fastest: 1.50 × (1.40 … 1.60)",
    )


def test_a_red_mode_is_never_shipped_however_fast() -> None:
    red = gates("red", (9.0, 8.9, 9.1), outcomes={Gate.VERIFICATION: Outcome.FAIL})
    found = chosen(fp32(), red, gates("int8"))
    assert found.mode == "int8"
    assert found.reasons[-1] == (
        "red, 9.00 × (8.90 … 9.10) the speed of FP32, fails for Accuracy on lfw 0.960000, 0.030000 "
        "worse of the 0.006 allowed against FP32's 0.990000"
    )


def test_a_gate_that_broke_and_knows_no_profile_counts() -> None:
    broken = record(Gate.PLACEMENT, Outcome.FAIL, "the gate broke", mode="int8", profile="")
    found = chosen([broken], fp32(), gates("int8"))
    assert (found.mode, found.profile) == ("fp32", "cpu-avx2")
    assert found.headline.endswith("which fails for placement: the gate broke")


def test_a_mode_has_to_meet_its_policy_on_every_set() -> None:
    """One set where it was not judged is enough to keep it back."""
    partial = gates("partial", (9.0, 8.9, 9.1))
    found = chosen(fp32(), partial, gates("int8", sets=("lfw", "orl")))
    assert found.mode == "int8"
    assert found.reasons[0].startswith("within its policy on lfw, orl; ")
    assert found.reasons[-1].endswith("verification on orl was not judged")


def test_ties_within_the_intervals_go_to_the_more_faithful() -> None:
    rough, true = gates("rough", (2.1, 1.9, 2.3), cosine=0.97), gates("true", (2.0, 1.8, 2.2))
    found = chosen(fp32(), rough, true)
    assert found.mode == "true"
    assert found.reasons[-1] == (
        "rough is as fast within the intervals, 2.10 × (1.90 … 2.30), and no more faithful: worst "
        "cosine to FP32 0.9700 against 0.9900"
    )
    assert chosen(fp32(), gates("rough", (2.4, 2.3, 2.5), cosine=0.97), true).mode == "rough"


@pytest.mark.parametrize("speed", [(0.8, 0.7, 0.9), (1.05, 0.99, 1.1)])
def test_fp32_is_the_answer_where_nothing_is_shown_to_be_faster(speed: Speed) -> None:
    found = chosen(fp32(), gates("int8", speed))
    assert found.mode == "fp32"
    assert found.headline == (
        "ship FP32: no other mode that passes its gates is shown to be faster"
    )
    assert found.reasons[0].endswith("the speed of FP32, not shown faster")


def test_fp32_is_the_answer_where_all_fail_and_the_nearest_is_named() -> None:
    """The nearest is the one whose worst figure is the fewest times what is allowed."""
    far = gates("far", (5.0, 4.9, 5.1), outcomes={Gate.VERIFICATION: Outcome.FAIL})
    near = gates("near", outcomes={Gate.FIDELITY: Outcome.FAIL})
    floor = row(
        "cosine_worst", Outcome.FAIL, against=Against.FLOOR, reference=0.97, value=0.96, limit=0.97
    )
    near = [r.model_copy(update={"rows": (floor,)}) if r.gate is Gate.FIDELITY else r for r in near]
    crashed = gates("crashed", (7.0, 6.9, 7.1), outcomes={Gate.BEHAVIOUR: Outcome.FAIL})
    crashed.append(record(Gate.BEHAVIOUR, Outcome.FAIL, "the worker died", mode="crashed"))
    found = chosen(fp32(), far, near, crashed)
    assert found.mode == "fp32"
    assert found.headline == (
        "ship FP32: no other mode passes all its gates; nearest is near, at 2.00 × (1.90 … 2.10) "
        "its speed, which fails for Worst cosine to FP32 on lfw 0.96000, at least 0.97 asked"
    )
    assert found.reasons[0].endswith("fails for behaviour: the worker died")


def test_what_was_not_decided_is_nearer_than_what_failed_and_is_not_shipped() -> None:
    failed = gates("failed", outcomes={Gate.VERIFICATION: Outcome.FAIL})
    open_ = gates("open", outcomes={Gate.VERIFICATION: Outcome.UNDECIDED})
    found = chosen(fp32(), failed, open_)
    assert found.mode == "fp32"
    assert found.headline.endswith(
        "nearest is open, at 2.00 × (1.90 … 2.10) its speed: verification on lfw was not decided: "
        "the interval straddles the limit"
    )


def test_what_several_gates_fail_for_alike_is_said_once_and_shortly() -> None:
    why = "nothing accepted:\n" + "x" * 200
    gone = [
        record(gate, Outcome.FAIL, why, mode="gone") for gate in (Gate.ARTIFACT, Gate.PLACEMENT)
    ]
    judged = gates("gone", outcomes={Gate.VERIFICATION: Outcome.FAIL})
    found = chosen(fp32(), [*gone, *judged[1:]])
    said = f"artifact, placement: nothing accepted: {'x' * 102}…"
    assert found.others[0].misses[0] == said
    assert found.others[0].misses[1].startswith("Accuracy on lfw 0.960000")


def test_a_mode_that_was_not_judged_everywhere_did_not_fail() -> None:
    found = chosen(fp32(), gates("int8")[1:])
    assert found.headline == (
        "ship FP32: no other mode is shown to pass all its gates; nearest is int8, at 2.00 × "
        "(1.90 … 2.10) its speed: artifact was not judged"
    )


def test_a_speed_that_was_not_decided_is_said() -> None:
    found = chosen(fp32(), gates("int8", outcomes={Gate.LATENCY: Outcome.UNDECIDED}))
    assert found.mode == "int8"
    assert found.reasons[-1] == ("whether it is as fast as it has to be was not decided: too wide")


def test_without_a_speed_nothing_is_recommended_on_it() -> None:
    found = chosen(fp32(), gates("a", None), gates("b", None))
    assert found.mode is None
    assert found.waits_for_speed
    assert found.headline == (
        "speed was not measured (pytest-benchmark is off here (under xdist, or by an option)), so "
        "none is recommended; within the policy: a (1.00 MiB), b (1.00 MiB)"
    )
    assert found.reasons == ()
    without = [r for r in gates("a") if r.gate is not Gate.LATENCY]
    assert "no gate of latency was run" in chosen(fp32(), without).headline


def test_without_a_speed_fp32_is_the_answer_where_all_fail() -> None:
    red = gates("a", None, outcomes={Gate.VERIFICATION: Outcome.FAIL})
    found = chosen(fp32(), red)
    assert found.mode == "fp32"
    assert found.headline.startswith(
        "ship FP32: no other mode passes all its gates; nearest is a, which fails for Accuracy"
    )


def test_nothing_is_shipped_of_a_red_fp32() -> None:
    found = chosen(fp32(Outcome.FAIL), gates("int8"))
    assert found.mode is None
    assert not found.waits_for_speed
    assert found.headline == (
        "ship nothing before FP32 itself is right: it fails for fingerprint: not as accepted"
    )


@pytest.mark.parametrize(
    ("speed", "mode"), [((1.3, 1.2, 1.4), "fp32_prepared"), ((1.15, 1.09, 1.2), "fp32")]
)
def test_prepared_fp32_has_to_be_a_tenth_faster(speed: Speed, mode: str) -> None:
    found = chosen(fp32(), gates("fp32_prepared", speed, cosine=1.0))
    assert found.mode == mode
    if mode == "fp32":
        assert found.reasons[-1].endswith("too little to be worth a file")


def test_prepared_fp32_is_named_beside_a_faster_mode() -> None:
    found = chosen(fp32(), gates("fp32_prepared", cosine=1.0), gates("int8", (3.0, 2.9, 3.1)))
    assert found.mode == "int8"
    assert found.reasons[-1] == (
        "fp32_prepared computes what FP32 does at 2.00 × (1.90 … 2.10) its speed"
    )


def test_the_headline_is_over_the_faster_fp32() -> None:
    int8 = gates("int8", (5.0, 4.9, 5.1), over_prepared=(1.8, 1.7, 1.9), prepared=(2.8, 2.7, 2.9))
    found = chosen(fp32(), int8)
    assert found.headline == (
        "ship int8: 1.80 × (1.70 … 1.90) the speed of fp32_prepared, 5.00 × (4.90 … 5.10) that of "
        "the source"
    )
    assert found.reasons[-1] == (
        "fp32_prepared computes what FP32 does at 2.80 × (2.70 … 2.90) its speed; it was timed and "
        "not gated: gate it with --modes=fp32,fp32_prepared"
    )
    slower = gates("int8", over_prepared=(0.7, 0.6, 0.8), prepared=(2.8, 2.7, 2.9))
    assert "its speed, faster than int8; it was timed" in chosen(fp32(), slower).reasons[-1]
    assert chosen(fp32(), slower).headline.startswith(
        "ship int8: 0.70 × (0.60 … 0.80) the speed of fp32_prepared, which is faster and was not "
        "gated, 2.00 × "
    )
    barely = gates("int8", over_prepared=(1.9, 1.8, 2.0), prepared=(1.05, 1.0, 1.09))
    assert not any("fp32_prepared" in why for why in chosen(fp32(), barely).reasons)


def test_a_run_that_held_no_other_mode_to_a_policy_says_nothing() -> None:
    assert recommend(fp32()) == ()
    assert recommend([_timed("int8", Outcome.PASS, (2.0, 1.9, 2.1), None, None)]) == ()
    assert recommend([r for r in fp32() + gates("int8") if r.outcome is Outcome.SKIPPED]) == ()


def test_a_mode_that_never_runs_here_is_not_weighed() -> None:
    never = [record(gate, Outcome.NOT_APPLICABLE, mode="never") for gate in Gate]
    assert [each.mode for each in chosen(fp32(), gates("int8"), never).others] == ["int8"]


def test_the_smallest_batch_that_was_timed_counts() -> None:
    many = gates("int8", (8.0, 7.9, 8.1))
    timed = many[-1].measured
    assert timed
    many[-1] = many[-1].model_copy(
        update={"measured": timed.model_copy(update={"identity": {"batch": 32}})}
    )
    assert chosen(fp32(), many).batch == 32
    found = chosen(fp32(), gates("int8"), [many[-1]])
    assert found.batch == 1
    assert found.headline == "ship int8: 2.00 × (1.90 … 2.10) the speed of FP32"


def test_each_model_has_its_own() -> None:
    two = [r.model_copy(update={"model": "n"}) for r in fp32() + gates("b")]
    found = recommend([*fp32(), *gates("a"), *two])
    assert [(each.model, each.mode) for each in found] == [("m", "a"), ("n", "b")]


_SPEEDS = st.tuples(*[st.floats(0.2, 9)] * 3).map(
    lambda ends: (sorted(ends)[1], sorted(ends)[0], sorted(ends)[2])
)
_MODES = st.builds(
    gates,
    st.sampled_from(["a", "b", "c", "fp32_prepared"]),
    st.none() | _SPEEDS,
    cosine=st.floats(0.9, 1),
    sets=st.sampled_from([("lfw",), ("lfw", "orl"), ("orl",)]),
    outcomes=st.dictionaries(st.sampled_from(Gate), st.sampled_from(Outcome), max_size=3),
)


@given(
    st.lists(_MODES, min_size=1, max_size=4, unique_by=lambda made: made[0].mode),
    st.sampled_from(Outcome),
)
def test_what_is_shipped_is_never_red(modes: list[list[Record]], of_fp32: Outcome) -> None:
    records = [*fp32(of_fp32), *(each for made in modes for each in made)]
    broken = {"profile": ""}
    records = [r.model_copy(update=broken) if r.outcome is Outcome.FAIL else r for r in records]
    for found in recommend(records):
        mine = [r for r in records if r.mode == found.mode]
        assert all(r.outcome is not Outcome.FAIL for r in mine)
        if found.mode not in (None, "fp32"):
            kept = {r.dataset for r in mine if r.gate is Gate.VERIFICATION}
            assert kept == {r.dataset for r in records if r.gate.per_dataset}
            speed = next(each.over_source for each in found.others if each.mode == found.mode)
            assert speed is not None
            assert speed.low is not None
            assert speed.low > 1
