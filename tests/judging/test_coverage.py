"""What was judged against what there is: what is left out, and how it is said."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import ENVIRONMENT, record

from suite.catalog.folder import read_catalog
from suite.catalog.gate import Gate
from suite.catalog.plan import PlannedGate, gates_of
from suite.catalog.selection import Options, select
from suite.judging.coverage import Coverage, Scope, Unjudged, in_words
from suite.judging.outcome import Outcome
from suite.report.model import Report
from suite.report.sections.on_top import on_top
from suite.report.verdict import make_report

WHOLE = (
    PlannedGate(Gate.ARTIFACT, "m", "fp32"),
    PlannedGate(Gate.VERIFICATION, "m", "fp32", "lfw"),
    PlannedGate(Gate.VERIFICATION, "m", "fp32", "cfp"),
    PlannedGate(Gate.LATENCY, "m", "fp32", None, "latency"),
    PlannedGate(Gate.LATENCY, "m", "fp32", None, "throughput"),
    PlannedGate(Gate.ARTIFACT, "n", "fp32"),
)
LOST = Unjudged(
    file="baselines/cpu/x/fp32.json",
    sections=("artifact", "fingerprint"),
    reason="no card of a model 'x'",
    remove="face-quant-gate orphans --remove",
)


def report(*records, coverage: Coverage, require_all: bool = False, planned=()) -> Report:
    return make_report(
        ENVIRONMENT,
        records,
        complete=True,
        require_all=require_all,
        planned=planned,
        coverage=coverage,
    )


def test_a_gate_has_the_name_that_pytest_gives_its_test() -> None:
    names = {gate.name for gate in gates_of(select(Options(models=("arcface-embedded",))).cases)}
    assert "test_latency[arcface-embedded-int8_dynamic-throughput]" in names
    assert "test_verification[arcface-embedded-fp32-embedded-evaluation]" in names
    assert "test_fingerprint[arcface-embedded-fp32]" in names
    assert not {name for name in names if "fidelity" in name and "fp32" in name}
    assert "test_fingerprint[arcface-embedded-int8_dynamic]" in names


def test_the_whole_is_what_runs_without_options() -> None:
    plain, restricted = select(Options()), select(Options(modes=("fp32",)))
    assert gates_of(plain.cases) == plain.whole == restricted.whole
    on_request = {model.id for model in read_catalog().models.values() if model.on_request}
    assert on_request
    assert not on_request & {gate.model for gate in plain.whole}


def test_what_neither_ran_nor_is_to_run_is_left_out() -> None:
    ran, planned = record(), "suite/gates/test_artifact.py::test_artifact[n-fp32]"
    assert Coverage(WHOLE).left_out([ran], [planned]) == WHOLE[1:5]
    assert Coverage(WHOLE[:1]).left_out([ran], []) == ()


def test_what_another_plugin_skipped_is_left_out() -> None:
    skipped = record(outcome=Outcome.SKIPPED, headline="only benchmarks", taken_away=True)
    assert Coverage(WHOLE[:1]).left_out([skipped], [skipped.node]) == WHOLE[:1]
    absent = record(outcome=Outcome.SKIPPED, headline="weights are absent")
    assert Coverage(WHOLE[:1]).left_out([absent], [absent.node]) == ()


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (WHOLE, ("models m, n",)),
        (WHOLE[5:], ("model n",)),
        (WHOLE[3:5], ("gate latency",)),
        (WHOLE[4:5], ("load throughput",)),
        (WHOLE[2:3], ("dataset cfp",)),
        (WHOLE[:1], ("artifact m fp32",)),
        (WHOLE[2:5], ("gate latency", "dataset cfp")),
        ((), ()),
    ],
)
def test_what_is_left_out_is_said_shortly(left, said: tuple[str, ...]) -> None:
    assert in_words(left, WHOLE) == said


def test_a_kind_of_gate_that_one_model_lacks_is_said_at_once() -> None:
    other = tuple(replace(gate, model="n") for gate in WHOLE[:5])
    whole = (*WHOLE[:5], *other)
    assert in_words(other[3:5], whole) == ("latency of n",)
    assert in_words((*other[3:5], WHOLE[0]), whole) == ("latency of n", "artifact m fp32")
    assert in_words(other[4:5], whole) == ("latency n fp32 (throughput)",)


def test_what_is_left_out_is_said_and_refused_where_all_is_required() -> None:
    coverage = Coverage(WHOLE[:1] + WHOLE[5:], WHOLE[:1])
    made = report(record(), coverage=coverage)
    assert (made.verdict, made.summary) == (Outcome.PASS, "1 pass; left out: 1 of 2 gates")
    assert on_top(made) == ["left out: model n"]
    strict = report(record(), coverage=coverage, require_all=True)
    assert strict.verdict is Outcome.FAIL
    assert strict.summary.startswith("--require-all: gates were left out (1 pass)")


def test_what_is_accepted_and_has_no_gate_is_red_with_both_ways_out() -> None:
    made = report(record(), coverage=Coverage(WHOLE[:1], WHOLE[:1], (LOST,)))
    assert made.verdict is Outcome.FAIL
    assert "2 entries are accepted and not judged" in made.summary
    (said,) = on_top(made)
    assert said.startswith("accepted and not judged: baselines/cpu/x/fp32.json (artifact, ")
    assert said.endswith("restore it, or give up what is accepted with " + LOST.remove)


def test_a_restricted_run_only_says_what_has_no_gate() -> None:
    made = report(record(), coverage=Coverage(WHOLE, WHOLE, (LOST,)))
    assert made.verdict is Outcome.PASS
    assert any(line.startswith("accepted and not judged") for line in on_top(made))


def test_without_latency_what_has_no_gate_is_red_all_the_same() -> None:
    whole = WHOLE[:1] + WHOLE[3:5]
    made = report(record(), coverage=Coverage(whole, whole, (LOST,)))
    assert made.verdict is Outcome.FAIL


def test_many_gates_left_out_one_by_one_are_counted() -> None:
    gates = [PlannedGate(Gate.VERIFICATION, f"m{i}", "fp32", d) for i in range(30) for d in "ab"]
    ran = [gate for i, gate in enumerate(gates) if i % 4 in (0, 3)]
    some = [record(Gate.VERIFICATION, model=g.model, dataset=g.dataset) for g in ran]
    made = report(*some, coverage=Coverage(tuple(gates)))
    assert len(made.left_out) == 30
    assert on_top(made)[0].endswith("; and 20 more")


CASES = st.tuples(
    st.sampled_from("mno"), st.sampled_from(["fp32", "int8"]), st.sets(st.sampled_from("ab"))
)


@given(st.lists(CASES, unique_by=lambda case: case[:2]), st.data())
def test_a_scope_holds_the_gates_of_a_coverage(cases, data) -> None:
    def gates(model: str, mode: str, datasets) -> list[PlannedGate]:
        return [
            PlannedGate(gate, model, mode, dataset, load)
            for gate in Gate
            if gate.of_fp32 or mode != "fp32"
            for dataset in (sorted(datasets) if gate.per_dataset else [None])
            for load in gate.loads or (None,)
        ]

    whole = tuple(gate for case in cases for gate in gates(*case))
    chosen = data.draw(st.sampled_from([*({gate.model for gate in whole} or {"m"}), "all"]))
    selected = tuple(gate for gate in whole if chosen in (gate.model, "all"))
    coverage = Coverage(whole, selected, (LOST,))
    scope = Scope.of(coverage)
    assert scope.coverage((LOST,)) == coverage
    assert Scope.model_validate_json(scope.model_dump_json()) == scope


def test_the_scope_of_the_catalog_is_what_runs_of_it() -> None:
    selection = select(Options(modes=("fp32",)))
    coverage = Coverage(selection.whole, gates_of(selection.cases))
    assert Scope.of(coverage).coverage() == coverage
    assert Scope.of(Coverage(selection.whole, selection.whole)).selected is None
