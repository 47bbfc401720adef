"""Records of several providers and profiles are told apart wherever a report names a case."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import ENVIRONMENT, measured, record, row
from reports import FP32, INT8, LFW

from suite.catalog.gate import Gate
from suite.judging.changes.compared import Compared
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.judging.shipping.recommendation import recommend
from suite.report.backend import Backend, Backends
from suite.report.cases import rows
from suite.report.causes import causes
from suite.report.markdown import to_markdown
from suite.report.metrics import metrics
from suite.report.model import MergedRun, Report
from suite.report.summary import LIMIT_BYTES, to_summary
from suite.report.thresholds import thresholds_of
from suite.report.verdict import make_report

OPENVINO = {"provider": "openvino", "profile": "openvino-cpu-avx2"}
ON_OPENVINO = ENVIRONMENT.model_copy(
    update={**OPENVINO, "device": "Another device", "versions": {"onnxruntime": "1.24.1"}}
)


def on(records: list[Record], **where: str) -> list[Record]:
    return [each.model_copy(update=where) for each in records]


BOTH = [*FP32, *INT8, *on([*FP32, *INT8], **OPENVINO)]


def report(*records: Record) -> Report:
    """A report of two runs, as a merge makes one."""
    made = make_report(ENVIRONMENT, records, complete=True, require_all=False)
    runs = tuple(
        MergedRun(environment=each, complete=True, verdict=Outcome.PASS, summary="7 pass")
        for each in (ENVIRONMENT, ON_OPENVINO)
    )
    return made.model_copy(update={"runs": runs})


def test_one_backend_needs_no_name() -> None:
    alone = Backends([*FP32, *INT8])
    assert not alone.several
    assert {alone.on(each) for each in (*FP32, *INT8)} == {""}
    assert {(each.on, each.backend) for each in rows([*FP32, *INT8])} == {
        ("", Backend("cpu", "cpu-avx2"))
    }


def test_a_gate_that_broke_is_of_its_provider_s_profile() -> None:
    broke = record(Gate.FIDELITY, Outcome.FAIL, mode="int8", dataset=LFW, profile="")
    backends = Backends([broke, *INT8])
    assert not backends.several
    assert backends.of(broke) == Backend("cpu", "cpu-avx2")
    assert [each.mode for each in rows([broke, *INT8])] == ["int8"]
    assert len(recommend([*FP32, *INT8, broke])) == 1


def test_two_profiles_of_a_provider_are_told_apart_by_the_profile() -> None:
    other = on(INT8, profile="cpu-vnni")
    assert [each.on for each in rows([*INT8, *other])] == ["cpu, cpu-avx2", "cpu, cpu-vnni"]
    assert len(recommend([*FP32, *INT8, *on(FP32, profile="cpu-vnni"), *other])) == 2


def test_each_provider_has_rows_of_its_own() -> None:
    found = rows(BOTH)
    assert {(each.model, each.mode, each.on) for each in found} == {
        ("m", mode, provider) for mode in ("fp32", "int8") for provider in ("cpu", "openvino")
    }
    one = {each.mode: each for each in rows([*FP32, *INT8])}
    for each in found:
        assert (each.tar, each.outcome) == (one[each.mode].tar, one[each.mode].outcome)


@given(st.permutations(BOTH))
def test_rows_are_those_of_each_provider_alone(records: list[Record]) -> None:
    """Whatever the order, a provider's rows beside another's are its rows alone."""

    def shown(found: list[Record], provider: str) -> set[str]:
        mine = [each for each in rows(found) if each.backend.provider == provider]
        return {repr((each.mode, each.outcome, each.tar, each.strain)) for each in mine}

    for provider in ("cpu", "openvino"):
        alone = [each for each in records if each.provider == provider]
        assert shown(records, provider) == shown(alone, provider)


def test_what_both_providers_fail_alike_is_one_cause_that_names_both() -> None:
    (found,) = causes(BOTH)
    assert found.place == "m int8 on lfw (cpu), m int8 on lfw (openvino)"
    assert len(found.reds) == 2
    (alone,) = causes([*FP32, *INT8])
    assert alone.place == "m int8 on lfw"


def test_a_fingerprint_explains_its_own_provider_alone() -> None:
    red = record(
        Gate.FINGERPRINT, Outcome.FAIL, "not as accepted", measured=measured(Gate.FINGERPRINT)
    )
    elsewhere = on([INT8[1]], **OPENVINO)
    assert [len(each.reds) for each in causes([red, INT8[1]])] == [2]
    assert [len(each.reds) for each in causes([red, *elsewhere])] == [1, 1]


def test_figures_of_each_provider_have_keys_of_their_own() -> None:
    found = metrics(report(*BOTH))
    assert found["cpu.cpu-avx2.m.int8.lfw.accuracy"] == 0.985
    assert found["openvino.openvino-cpu-avx2.m.int8.lfw.accuracy"] == 0.985
    assert not [key for key in found if key.startswith("m.")]
    assert found["gates"] == len(BOTH)


def test_thresholds_say_where_they_were_measured() -> None:
    point = {
        **{"pairs": "listed", "far_target": 1e-3, "threshold": 1.2, "genuine": 10},
        **{"impostors": 6000, "false_accepts": 6, "false_rejects": 1},
    }
    found = record(
        Gate.VERIFICATION,
        dataset=LFW,
        measured=measured(Gate.VERIFICATION, LFW, thresholds=[point]),
    )
    of = thresholds_of(report(found, *on([found], **OPENVINO))).artifacts
    assert [each.provider for each in of] == ["cpu", "openvino"]


@pytest.mark.parametrize("write", [to_markdown, to_summary])
def test_what_names_a_case_names_its_provider(write) -> None:
    text = write(report(*BOTH))
    for provider in ("cpu", "openvino"):
        named = [line for line in text.splitlines() if "m int8" in line and f"({provider})" in line]
        assert named, provider
    assert "Another device" in text
    alone = write(make_report(ENVIRONMENT, [*FP32, *INT8], complete=True, require_all=False))
    assert "(cpu)" not in alone


def test_the_markdown_has_a_section_of_each_provider_under_its_own_runtime() -> None:
    text = to_markdown(report(*BOTH))
    assert "## m (arcface, on cpu)" in text
    assert "## m (arcface, on openvino)" in text
    mine, theirs = text.split("## m (arcface, on openvino)")
    assert "onnxruntime 1.32.0" in mine
    assert "onnxruntime 1.24.1" in theirs
    assert "Merged of 2 runs:" in text


def test_the_summary_has_a_column_of_providers_where_there_are_several() -> None:
    text = to_summary(report(*BOTH))
    assert "| Model | Mode | Provider |" in text
    assert "The whole run" not in text
    alone = to_summary(make_report(ENVIRONMENT, [*FP32, *INT8], complete=True, require_all=False))
    assert "Provider" not in alone


def test_many_places_leave_the_summary_within_its_size() -> None:
    """What cannot be left out is short: the names of 20 devices that Markdown has to escape."""
    models = [each.model_copy(update={"model": "m" * 60}) for each in BOTH]
    charts = measured(Gate.FINGERPRINT, samples={"embedding": (1.0,)})
    backends = [(f"provider-{index}", "*" * 200) for index in range(20)]
    found = [record(Gate.FINGERPRINT, measured=charts, rerun="*" * 400, model="m" * 60)]
    fingerprints = [on(found, provider=p, profile=q)[0] for p, q in backends]
    red = record(Gate.ARTIFACT, Outcome.FAIL, "*" * 900, rerun="*" * 490)
    made = report(*models, *fingerprints, red)
    run = made.runs[0]
    runs = [
        run.model_copy(
            update={"environment": run.environment.model_copy(update={"device": "*" * 300 + d})}
        )
        for d in "abcdefghij"
    ]
    why_not = Compared(why_not="*" * 900)
    text = to_summary(
        made.model_copy(update={"runs": tuple(runs), "compared": why_not, "summary": "*" * 900}),
        "*" * 490,
    )
    assert len(text.encode()) <= LIMIT_BYTES
    assert "- … and 7 more places" in text
    assert text.count("- FP32 by ") == 3
    assert "- … and 16 more providers" in text


def test_the_nearest_figure_is_that_of_the_row_s_own_provider() -> None:
    def near(value: float) -> list[Record]:
        held = row("accuracy", against="fp32", reference=0.99, value=value, limit=0.02)
        return [
            FP32[0],
            INT8[0],
            INT8[1].model_copy(update={"outcome": Outcome.PASS, "rows": (held,), "headline": "ok"}),
        ]

    text = to_summary(report(*near(0.985), *on(near(0.975), **OPENVINO)))
    (said,) = [line for line in text.splitlines() if line.startswith("Nearest")]
    assert said.startswith("Nearest to a limit: m int8 (openvino): ")


def test_a_report_of_several_providers_is_read_again() -> None:
    made = report(*BOTH)
    assert Report.model_validate(json.loads(made.model_dump_json())) == made
