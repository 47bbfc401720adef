"""Runs that are not of one gate are refused in one sentence that names both, and what differs."""

import pytest
from records import ENVIRONMENT, row
from shards import gates, record_of, run_of

from suite.catalog.errors import SuiteError
from suite.catalog.gate import Gate
from suite.catalog.plan import PlannedGate
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.merging.merge import merge
from suite.report.merging.run import Run

VERIFIED = PlannedGate(Gate.VERIFICATION, "m", "int8", "lfw")
TIMED = PlannedGate(Gate.LATENCY, "m", "int8", None, "latency")
OPENVINO = {"provider": "openvino", "profile": "openvino-avx2"}


def run(name: str, record: Record, **other: object) -> Run:
    environment = ENVIRONMENT.model_copy(update={"started": f"2026-01-02 {name}", **other})
    return run_of(name, [record], gates("mn"), environment=environment)


def refusal(*runs: Run) -> str:
    with pytest.raises(SuiteError) as caught:
        merge(runs)
    with pytest.raises(SuiteError) as other:
        merge(runs[::-1])
    assert str(caught.value) == str(other.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"suite": "0.2.0"}, "suite was '0.1.0', is '0.2.0'"),
        ({"suite": "0.2.0", **OPENVINO}, "suite was '0.1.0', is '0.2.0'"),
        ({"python": "3.12.0"}, "python was '3.11.7', is '3.12.0'"),
        (
            {"versions": {"onnxruntime": "1.24.1", "numpy": "2.4.6"}},
            "onnxruntime was '1.32.0', is '1.24.1'",
        ),
        ({"versions": {"onnxruntime": "1.32.0"}}, "numpy was '2.4.6', is None"),
    ],
)
def test_other_versions_of_the_suite_or_of_one_provider_are_refused(other, said: str) -> None:
    runs = (run("a", record_of(VERIFIED)), run("b", record_of(gates("n")[0]), **other))
    assert refusal(*runs) == (
        f"b: was run otherwise than a ({said}); run both under the same versions."
    )


@pytest.mark.parametrize(
    "other",
    [
        {"catalog": "/elsewhere", "cpu": "Another", "cores": 8, "platform": "Other"},
        {"versions": {"onnxruntime": "1.24.1"}, **OPENVINO},
        {"profile": "cpu-vnni"},
    ],
    ids=["another machine", "another provider", "another profile"],
)
def test_other_machines_and_other_providers_versions_are_merged(other) -> None:
    runs = (run("a", record_of(VERIFIED)), run("b", record_of(gates("n")[0]), **other))
    assert len(merge(runs).records) == 2


@pytest.mark.parametrize(
    ("name", "of", "said"),
    [
        ("source", "", "m int8: its source is other, and m-source in a"),
        ("artifact", "", "m int8: its artifact is other, and m-int8 in a"),
        ("dataset", "lfw", "m int8 on lfw: its dataset is other, and lfw-faces in a"),
    ],
)
def test_another_hash_is_refused_by_name(name: str, of: str, said: str) -> None:
    fidelity = PlannedGate(Gate.FIDELITY, "m", "int8", "lfw")
    one, two = record_of(VERIFIED), record_of(fidelity)
    two = two.model_copy(update={"hashes": {**two.hashes, name: "other"}})
    assert refusal(run("a", one), run("b", two)) == (
        f"b: {said}; merge runs of the same cards and files."
    )


@pytest.mark.parametrize(
    ("name", "is_refused"), [("source", True), ("dataset", True), ("artifact", False)]
)
def test_of_another_provider_the_artifact_alone_is_another(name: str, is_refused: bool) -> None:
    one = record_of(VERIFIED)
    two = one.model_copy(update={"hashes": {**one.hashes, name: "other"}})
    runs = (run("a", one), run("b", two, **OPENVINO))
    if is_refused:
        assert f"its {name} is other, and " in refusal(*runs)
    else:
        assert len(merge(runs).records) == 2


def test_another_set_and_another_mode_have_hashes_of_their_own() -> None:
    other = PlannedGate(Gate.VERIFICATION, "m", "fp32", "cfp")
    report = merge([run("a", record_of(VERIFIED)), run("b", record_of(other))])
    assert len(report.records) == 2


def test_a_gate_that_two_runs_measured_alike_is_there_once() -> None:
    again = record_of(VERIFIED, seconds=9.0, rerun="pytest another")
    assert len(merge([run("a", record_of(VERIFIED)), run("b", again)]).records) == 1


def test_what_measured_nothing_contradicts_nothing() -> None:
    fidelity = PlannedGate(Gate.FIDELITY, "m", "int8", "lfw")
    said = {"source": "other"}
    refused = record_of(fidelity, Outcome.FAIL, measured=None, hashes=said)
    assert len(merge([run("a", record_of(VERIFIED)), run("b", refused)]).records) == 2


def with_figure(value: float) -> Record:
    found = record_of(VERIFIED)
    assert found.measured
    figures = found.measured.model_copy(update={"figures": {"accuracy": value}})
    return found.model_copy(update={"measured": figures})


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        (
            record_of(VERIFIED),
            record_of(VERIFIED, Outcome.FAIL),
            "its outcome is fail, and pass in a",
        ),
        (with_figure(0.99), with_figure(0.98), "its Accuracy is 0.98, and 0.99 in a"),
        (
            record_of(VERIFIED),
            with_figure(0.98),
            "its Accuracy is 0.98, and not there in a",
        ),
        (
            record_of(VERIFIED, rows=(row(),)),
            record_of(VERIFIED, rows=(row(limit=0.2),)),
            "it is held to other limits than in a",
        ),
    ],
    ids=["outcome", "figure", "new figure", "limits"],
)
def test_a_gate_that_two_runs_measured_otherwise_is_refused(one, two, said: str) -> None:
    assert refusal(run("a", one), run("b", two)) == (
        f"b: verification m int8 on lfw: {said}; leave it out of one of these runs."
    )


def test_other_samples_are_refused() -> None:
    gate = PlannedGate(Gate.FINGERPRINT, "m", "fp32")

    def sampled(value: float) -> Record:
        found = record_of(gate)
        assert found.measured
        samples = found.measured.model_copy(update={"samples": {"embedding": (value,)}})
        return found.model_copy(update={"measured": samples})

    said = refusal(run("a", sampled(0.1)), run("b", sampled(0.2)))
    assert said.startswith("b: fingerprint m fp32: its embedding is another than in a; ")


def test_a_gate_that_broke_in_one_run_is_not_hidden_by_the_other() -> None:
    broke = record_of(VERIFIED, Outcome.FAIL, measured=None, hashes={})
    assert "its outcome is pass, and fail in a" in refusal(
        run("a", broke), run("b", record_of(VERIFIED))
    )


def test_speeds_of_one_model_on_two_devices_are_refused() -> None:
    throughput = PlannedGate(Gate.LATENCY, "m", "int8", None, "throughput")
    one, two = record_of(TIMED), record_of(throughput)
    said = refusal(run("a", one), run("b", two, device="Another device"))
    assert said.startswith("b: m was timed on Another device, and in a on Some CPU family 1, ")
    other = PlannedGate(Gate.LATENCY, "n", "int8", None, "latency")
    for runs in (
        (run("a", one), run("b", record_of(other), device="Another device")),
        (run("a", one), run("b", record_of(VERIFIED), device="Another device")),
        (run("a", one), run("b", record_of(TIMED), device="Another device", **OPENVINO)),
    ):
        assert len(merge(runs).records) == 2
