"""Which finding explains which red gates."""

from records import measured, record, row

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.causes import causes, worst_row

LFW = "lfw"
BGR = "likely cause: colour order: the accepted pipeline feeds RGB, the card now says BGR"


def red(
    gate: Gate, mode: str = "fp32", headline: str = "not as accepted", **rest: object
) -> Record:
    dataset = LFW if gate.per_dataset else None
    rest.setdefault("measured", measured(gate, dataset))
    return record(gate, Outcome.FAIL, headline, mode=mode, dataset=dataset, **rest)


def reds_of(*records: Record) -> list[list[str]]:
    """Of each cause the gates that it explains, its own first."""
    return [[f"{r.gate} {r.mode}" for r in cause.reds] for cause in causes(records)]


def test_a_fingerprint_explains_all_that_its_model_embeds() -> None:
    records = [
        red(Gate.VERIFICATION),
        red(Gate.FINGERPRINT, headline="not as accepted: FP32 embedding", notes=(BGR, "other")),
        red(Gate.VERIFICATION, "int8"),
        red(Gate.FIDELITY, "int8"),
    ]
    (found,) = causes(records)
    assert found.root.gate is Gate.FINGERPRINT
    assert found.counted == "2 verification, 1 fidelity"
    assert found.said == f"not as accepted: FP32 embedding; {BGR}"


def test_an_artifacts_cause_names_the_layer_that_fidelity_says_it_lost_in() -> None:
    where = ("where: lost most: layer conv2", "where: the artifact is /cache/x.onnx")
    records = [
        red(Gate.ARTIFACT, "int8", "other brought artifact than accepted"),
        red(Gate.FIDELITY, "int8", notes=where),
        red(Gate.FIDELITY, "fp16", notes=("where: lost most: layer conv3",)),
    ]
    found = {cause.root.mode: cause.said for cause in causes(records)}
    assert found == {
        "int8": "other brought artifact than accepted; lost most: layer conv2",
        "fp16": "not as accepted; lost most: layer conv3",
    }


def test_a_fingerprint_does_not_explain_where_nodes_run_or_how_fast() -> None:
    records = [
        red(Gate.FINGERPRINT),
        red(Gate.LATENCY, "int8", "slower"),
        red(Gate.PLACEMENT, "int8", "fell back"),
    ]
    assert reds_of(*records) == [["fingerprint fp32"], ["latency int8"], ["placement int8"]]


def test_a_gate_that_broke_has_a_reason_of_its_own() -> None:
    died = red(Gate.VERIFICATION, headline="worker 'gw0' crashed", measured=None)
    broke = red(Gate.FIDELITY, "int8", "the gate broke: KeyError", measured=None)
    other = red(Gate.BEHAVIOUR, "int8")
    assert reds_of(died, broke, other, red(Gate.FINGERPRINT)) == [
        ["fingerprint fp32", "behaviour int8"],
        ["verification fp32"],
        ["fidelity int8"],
    ]
    assert reds_of(broke, other) == [["fidelity int8"], ["behaviour int8"]]


def test_what_is_red_for_the_very_same_reason_is_one_cause() -> None:
    broken = "models/m.toml: outputs.embedding_dim = 9: the network has 32"
    gates = (Gate.FINGERPRINT, Gate.PLACEMENT, Gate.LATENCY)
    assert len(causes([red(gate, headline=broken) for gate in gates])) == 1


def test_an_artifact_explains_its_mode_alone() -> None:
    records = [
        red(Gate.ARTIFACT, "int8", "the file is not what its mode claims"),
        red(Gate.PLACEMENT, "int8"),
        red(Gate.FIDELITY, "int8"),
        red(Gate.FIDELITY, "fp16", "quantization costs too much"),
    ]
    assert reds_of(*records) == [
        ["artifact int8", "placement int8", "fidelity int8"],
        ["fidelity fp16"],
    ]


def test_a_missed_policy_explains_that_nothing_of_its_mode_is_accepted() -> None:
    missing = "nothing accepted: a baseline m.json is missing"
    missed = row("cosine_mean", Outcome.FAIL)
    records = [
        red(Gate.FINGERPRINT, headline=missing),
        red(Gate.ARTIFACT, "int8", missing),
        red(Gate.VERIFICATION, "int8", missing),
        red(Gate.FIDELITY, "int8", "quantization costs too much", rows=(missed,)),
        red(Gate.ARTIFACT, "fp16", missing),
    ]
    assert reds_of(*records) == [
        ["fidelity int8", "artifact int8", "verification int8"],
        ["fingerprint fp32", "artifact fp16"],
    ]


def test_an_fp32_that_nothing_can_be_held_against_explains_that() -> None:
    fault = "FP32 is no recogniser: ROC AUC 0.5"
    records = [
        red(Gate.VERIFICATION, headline=fault),
        red(Gate.VERIFICATION, "int8", f"nothing can be held against FP32: {fault}"),
        red(Gate.FIDELITY, "int8", f"nothing can be held against FP32: {fault}"),
    ]
    assert reds_of(*records) == [["verification fp32", "verification int8", "fidelity int8"]]


def test_one_case_s_gates_of_embeddings_are_one_cause() -> None:
    records = [red(Gate.FIDELITY, "int8", "a"), red(Gate.VERIFICATION, "int8", "b")]
    assert reds_of(*records) == [["verification int8", "fidelity int8"]]


def test_the_same_words_of_several_models_are_one_cause() -> None:
    records = [
        red(
            Gate.ARTIFACT, headline=f"nothing accepted: baselines/cpu/{model}/fp32.json is missing"
        ).model_copy(update={"model": model, "node": f"of {model}"})
        for model in ("one", "two", "three", "four", "five")
    ]
    (found,) = causes(records)
    assert found.place == "one fp32, two fp32, three fp32 and 2 more"
    assert found.counted == "4 artifact"
    assert "cpu/one/fp32.json" in found.said


def test_what_explains_most_comes_first_then_what_is_worst() -> None:
    def fails(mode: str, value: float) -> Record:
        held = row("cosine_mean", Outcome.FAIL, reference=1.0, value=value, limit=0.001)
        return red(Gate.FIDELITY, mode, f"not as accepted in {value}", rows=(held,))

    records = [
        fails("mild", 0.99),
        fails("bad", 0.5),
        red(Gate.ARTIFACT, "x"),
        red(Gate.PLACEMENT, "x"),
    ]
    assert [cause.root.mode for cause in causes(records)] == ["x", "bad", "mild"]
    worst = worst_row(records)
    assert worst is not None
    assert worst[0].mode == "bad"


def test_a_green_run_has_no_cause() -> None:
    assert causes([record()]) == []
    assert worst_row([record(rows=(row(),))]) is None


def test_the_worst_figure_is_one_that_people_know() -> None:
    def held(metric: str, value: float, limit: float) -> object:
        return row(metric, Outcome.FAIL, reference=0.01, value=value, limit=limit)

    of_eer = red(Gate.VERIFICATION, rows=(held("all_pairs_eer", 0.5, 1e-6),))
    of_tar = red(Gate.VERIFICATION, "int8", rows=(held("tar_at_far_1e-3", 0.02, 0.005),))
    (_, shown) = worst_row([of_eer, of_tar]) or (None, None)
    assert shown == of_tar.rows[0]
    assert worst_row([of_eer]) == (of_eer, of_eer.rows[0])


def test_faces_that_cannot_be_read_are_one_cause_of_all_gates_that_need_them() -> None:
    def broken(gate: Gate, mode: str, why: str = "a.png: is cut short") -> Record:
        return record(gate, Outcome.FAIL, why, mode=mode, dataset="lfw")

    (one,) = causes(
        [
            *(broken(Gate.VERIFICATION, "fp32"), broken(Gate.FIDELITY, "int8")),
            broken(Gate.VERIFICATION, "int8"),
        ]
    )
    assert one.place == "m fp32 on lfw, m int8 on lfw"
    assert one.counted == "1 verification, 1 fidelity"
    one, other = causes(
        [broken(Gate.FIDELITY, "int8", "worker 'gw0' crashed"), broken(Gate.VERIFICATION, "int8")]
    )
    assert not one.counted and not other.counted
