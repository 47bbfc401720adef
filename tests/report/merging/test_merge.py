"""Merging: the parts of a run come to what the run came to, whichever way it was cut."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import ENVIRONMENT, measured, record
from shards import gates, node_of, record_of, run_of

from suite.catalog.gate import Gate
from suite.catalog.plan import PlannedGate
from suite.judging.changes.change import Change, Kind
from suite.judging.changes.compared import NOTHING, Compared
from suite.judging.coverage import Unjudged
from suite.judging.outcome import Outcome
from suite.report.merging.merge import merge
from suite.report.merging.run import Run
from suite.report.model import Environment, Report

WHOLE = gates("mn")
# Enough to be cut: two models, of which one is in FP32 alone.
SMALL = [*gates("a", ["fp32"]), *gates("b")]
OUTCOMES = st.sampled_from([*Outcome, *[Outcome.PASS] * 12])
LOST = Unjudged(
    file="/team/baselines/cpu-avx2/gone/int8.json",
    sections=("artifact",),
    reason="no card of a model 'gone'",
    remove="face-quant-gate orphans --remove",
)
# What the parts of a run cannot know of the whole.
_OF_THE_RUN = {"planned", "environment", "runs", "scope", "seconds", "appended"}


def at(minute: int, **other: object) -> Environment:
    return ENVIRONMENT.model_copy(update={"started": f"2026-01-02T03:{minute:02}:00", **other})


def said(report: Report) -> dict[str, object]:
    return report.model_dump(exclude=_OF_THE_RUN)


@st.composite
def cut_runs(draw) -> tuple[Run, list[Run]]:
    """A run, and the same cut into shards, each of which was to go through some of its gates.

    Some gates never ran, some are in several shards, and some of the catalog's in none.
    """
    count = draw(st.integers(1, 4))
    shards: list[list[PlannedGate]] = [[] for _ in range(count)]
    for gate in SMALL:
        for index in draw(st.sets(st.integers(0, count - 1), max_size=2)):
            shards[index].append(gate)
    planned = [gate for gate in SMALL if any(gate in shard for shard in shards)]
    lost = draw(st.sets(st.sampled_from(planned), max_size=3)) if planned else set()
    found = {gate: record_of(gate, draw(OUTCOMES)) for gate in planned if gate not in lost}
    strict = draw(st.booleans())
    missed = draw(st.sampled_from([(), (LOST,)]))
    outside = draw(st.sampled_from([(), ("a fixture: broke",)]))

    def run(name: str, mine: list[PlannedGate], **rest: object) -> Run:
        return run_of(
            name,
            [found[gate] for gate in mine if gate in found],
            SMALL,
            planned=[node_of(gate) for gate in mine],
            unjudged=missed,
            require_all=strict,
            outside=outside,
            **rest,
        )

    parts = [run(str(i), shard, environment=at(i)) for i, shard in enumerate(shards)]
    return run("whole", planned), draw(st.permutations(parts))


@settings(deadline=None)
@given(cut_runs())
def test_shards_in_any_order_come_to_the_run_that_they_are_of(cut: tuple[Run, list[Run]]) -> None:
    whole, shards = cut
    assert said(merge(shards)) == said(whole.report)


@settings(deadline=None)
@given(cut_runs(), st.randoms())
def test_the_order_of_the_runs_and_one_given_twice_change_nothing(cut, random) -> None:
    _, shards = cut
    again = [*shards, random.choice(shards)]
    random.shuffle(again)
    assert merge(again) == merge(shards)


@settings(deadline=None)
@given(cut_runs())
def test_two_providers_come_to_what_each_comes_to(cut: tuple[Run, list[Run]]) -> None:
    whole, shards = cut
    where = {"provider": "openvino", "profile": "openvino-avx2"}
    others = [
        Run(
            f"{each.name} by openvino",
            each.report.model_copy(
                update={
                    "environment": each.environment.model_copy(update=where),
                    "records": tuple(r.model_copy(update=where) for r in each.report.records),
                }
            ),
        )
        for each in shards
    ]
    both = merge([*shards, *others])
    records = len(whole.report.records)
    assert [r.provider for r in both.records] == ["cpu"] * records + ["openvino"] * records
    assert both.verdict is whole.report.verdict
    assert {f"cpu: {words}" for words in whole.report.left_out} <= set(both.left_out)
    assert len(both.left_out) == 2 * len(whole.report.left_out)
    assert len(both.not_run) == 2 * len(whole.report.not_run)
    assert all(node.endswith(("(cpu)", "(openvino)")) for node in both.not_run)
    assert Report.model_validate_json(both.model_dump_json()) == both


def test_shards_by_mode_leave_nothing_out() -> None:
    shards = [
        run_of(mode, [record_of(gate) for gate in mine], WHOLE, mine, environment=at(index))
        for index, mode in enumerate(("fp32", "int8"))
        if (mine := gates("mn", [mode]))
    ]
    assert [each.report.left_out for each in shards] == [("mode int8",), ("mode fp32",)]
    report = merge(shards, require_all=True)
    assert (report.verdict, report.left_out) == (Outcome.PASS, ())
    assert report.summary == f"{len(WHOLE)} pass"
    assert [run.summary for run in report.runs] == [each.report.summary for each in shards]


def test_what_no_shard_judged_is_left_out_and_refused_where_all_is_required() -> None:
    one = run_of("one", [record_of(gate) for gate in gates("m")], WHOLE, gates("m"))
    assert merge([one]).left_out == ("model n",)
    assert merge([one]).verdict is Outcome.PASS
    assert "gates were left out" in merge([one], require_all=True).summary


def test_what_one_run_required_is_required_of_all() -> None:
    strict = run_of("a", [record_of(gate) for gate in gates("m")], WHOLE, require_all=True)
    rest = [record_of(g, Outcome.NOT_COMPARED) for g in gates("n")]
    loose = run_of("b", rest, WHOLE, environment=at(1))
    assert loose.report.verdict is Outcome.PASS
    assert merge([loose, strict]).summary.startswith("--require-all: not every gate passed")


def test_a_gate_that_was_left_to_another_run_is_that_of_the_one_that_ran_it() -> None:
    gate = PlannedGate(Gate.PLACEMENT, "m", "int8")
    ran = record_of(gate)
    for passed_over in (
        record_of(gate, Outcome.DEFERRED),
        record_of(gate, Outcome.SKIPPED, taken_away=True),
    ):
        runs = [run_of("a", [passed_over], [gate]), run_of("b", [ran], [gate], environment=at(1))]
        for order in (runs, runs[::-1]):
            assert merge(order).records == (ran,)
            assert merge(order).left_out == ()


def test_a_gate_that_ran_nowhere_is_as_it_was() -> None:
    gate = gates("m")[0]
    taken = record_of(gate, Outcome.SKIPPED, taken_away=True)
    absent = record_of(gate, Outcome.SKIPPED)
    for first, second in ((taken, absent), (absent, taken)):
        runs = [
            run_of(str(i), [each], [gate], environment=at(i))
            for i, each in enumerate((first, second))
        ]
        assert merge(runs).records == (absent,)


def test_fp32_comes_first_whatever_other_modes_are_called() -> None:
    fp32 = gates("m", ["fp32"])
    half = [replace(gate, mode="fp16") for gate in gates("m", ["int8"])]
    shards = [
        run_of(str(i), [record_of(gate) for gate in mine], [*fp32, *half], mine, environment=at(i))
        for i, mine in enumerate((half, fp32))
    ]
    modes = [record.mode for record in merge(shards).records]
    assert modes == ["fp32"] * len(fp32) + ["fp16"] * len(half)


def test_a_gate_that_did_not_run_in_one_shard_and_did_in_another_is_not_missed() -> None:
    first, second, *_ = gates("m")
    nodes = [node_of(first), "elsewhere/" + node_of(second)]
    killed = run_of("a", [record_of(first)], [first, second], planned=nodes, complete=False)
    again = run_of("b", [record_of(second)], [first, second], environment=at(1))
    report = merge([killed, again])
    assert report.not_run == ()
    assert report.summary == "1 of 2 runs did not end (2 pass)"
    assert (report.complete, report.verdict) == (False, Outcome.FAIL)
    assert report.recommended == ()
    assert merge([killed]).summary == killed.report.summary


def test_what_is_accepted_and_another_shard_judged_is_not_unjudged() -> None:
    gate = PlannedGate(Gate.ARTIFACT, "asked", "int8")
    on_request = LOST.model_copy(
        update={
            "file": "/team/baselines/cpu-avx2/asked/int8.json",
            "sections": ("artifact", "fidelity.lfw"),
        }
    )
    plain = run_of("a", [record_of(g) for g in WHOLE], WHOLE, unjudged=(on_request, LOST))
    assert plain.report.verdict is Outcome.FAIL
    judged = record_of(gate, baseline="cpu-avx2/asked/int8.json", on_request=True)
    named = run_of("b", [judged], WHOLE, [gate], environment=at(1))
    report = merge([plain, named])
    assert [each.sections for each in report.unjudged] == [("fidelity.lfw",), ("artifact",)]
    assert "2 entries are accepted and not judged" in report.summary
    whole = run_of(
        "b",
        [
            judged,
            record(
                Gate.FIDELITY,
                model="asked",
                mode="int8",
                dataset="lfw",
                baseline="cpu-avx2/asked/int8.json",
                measured=measured(Gate.FIDELITY, "lfw"),
            ),
        ],
        WHOLE,
        environment=at(1),
    )
    gone = plain.report.model_copy(update={"unjudged": (on_request,)})
    report = merge([Run("a", gone), whole])
    assert (report.unjudged, report.verdict) == ((), Outcome.PASS)


def test_what_is_missed_by_a_run_that_judged_its_part_is_missed_by_the_whole() -> None:
    """Though another part left gates out: that run alone would only say it."""
    first, second = gates("m"), gates("n")
    one = run_of("a", [record_of(g) for g in first], WHOLE, first, unjudged=(LOST,))
    two = run_of("b", [record_of(second[0])], WHOLE, second, environment=at(1))
    assert (one.report.verdict, two.report.verdict) == (Outcome.FAIL, Outcome.PASS)
    report = merge([one, two])
    assert "1 entry is accepted and not judged" in report.summary
    partly = run_of("a", [record_of(first[0])], WHOLE, first, unjudged=(LOST,))
    assert merge([partly, two]).verdict is Outcome.PASS


def test_what_failed_outside_the_gates_of_one_run_fails_the_whole() -> None:
    runs = [
        run_of("a", [record_of(gate) for gate in gates("m")], WHOLE, outside=("t.py: broke",)),
        run_of("b", [record_of(gate) for gate in gates("n")], WHOLE, environment=at(1)),
    ]
    report = merge(runs)
    assert report.outside == ("t.py: broke",)
    assert report.summary.startswith("something failed outside the gates")


def changed(name: str, *, harmful: bool = True) -> Change:
    return Change(kind=Kind.LIMIT, harmful=harmful, where="models/m.toml", of=name, what="loss")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([None, None], None),
        ([Compared(base="main"), Compared(base="main")], Compared(base="main")),
        (
            [
                Compared(base="main", changes=(changed("a", harmful=False),)),
                Compared(base="main", changes=(changed("a", harmful=False), changed("b"))),
            ],
            Compared(base="main", changes=(changed("b"), changed("a", harmful=False))),
        ),
        ([Compared(why_not=NOTHING), Compared(base="main")], Compared(base="main")),
        ([None, Compared(base="main")], Compared(base="main")),
        (
            [Compared(why_not=NOTHING), Compared(why_not="no git here")],
            Compared(why_not=f"{NOTHING}; no git here"),
        ),
    ],
    ids=["none", "alike", "all changes", "one could", "one did", "none could"],
)
def test_what_the_branch_did_is_what_any_run_saw_whether_it_ended_or_not(found, expected) -> None:
    runs = [
        run_of(
            str(i),
            [record_of(gates(model)[0])],
            WHOLE,
            compared=each,
            environment=at(i),
            complete=each is not None,
        )
        for i, (each, model) in enumerate(zip(found, "mn", strict=True))
    ]
    assert merge(runs).compared == expected


def test_what_broke_before_it_knew_its_profile_has_that_of_its_run() -> None:
    broke = record_of(gates("m")[0], Outcome.FAIL, profile="", measured=None, hashes={})
    assert merge([run_of("a", [broke], WHOLE)]).records[0].profile == "cpu-avx2"
