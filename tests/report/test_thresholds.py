"""``thresholds.json``: what a deployment configures, of hand-made records."""

import json

import pytest
from records import ENVIRONMENT, measured, record

from suite.catalog.gate import Gate
from suite.report.thresholds import Thresholds, to_thresholds
from suite.report.verdict import make_report


def point(pairs: str, target: float, impostors: int, **rest: object) -> dict[str, object]:
    return {
        "pairs": pairs,
        "far_target": target,
        "threshold": 1.2,
        "interval": [1.1, 1.25],
        "impostors": impostors,
        "genuine": 400,
        "false_accepts": int(impostors * target),
        "false_rejects": 10,
        **rest,
    }


def document(*points: dict[str, object], complete: bool = True) -> dict:
    verified = record(
        Gate.VERIFICATION,
        mode="int8",
        dataset="lfw",
        hashes={"artifact": "b" * 64, "dataset": "c" * 64},
        measured=measured(Gate.VERIFICATION, "lfw", thresholds=points),
    )
    # A gate without operating points has no thresholds.
    records = [record(Gate.FIDELITY, dataset="lfw", measured=measured(Gate.FIDELITY, "lfw"))]
    report = make_report(ENVIRONMENT, [verified, *records], complete=complete, require_all=False)
    return json.loads(to_thresholds(report))


def test_an_artifact_has_its_thresholds_in_both_units_by_hand():
    kept = {"threshold": 1.3, "false_accepts": 90, "false_rejects": 8}
    found = document(point("listed", 1e-3, 3000), point("all", 1e-3, 50_000, kept=kept))
    (artifact,) = found["artifacts"]
    assert (artifact["artifact_sha256"], artifact["dataset"]) == ("b" * 64, "lfw")
    assert (artifact["pairs"], artifact["impostor_pairs"]) == ("all", 50_000)
    (threshold,) = artifact["thresholds"]
    assert threshold["squared_distance"] == 1.2
    assert threshold["cosine"] == pytest.approx(0.4)
    assert threshold["squared_distance_interval"] == [1.1, 1.25]
    assert threshold["cosine_interval"] == pytest.approx([0.375, 0.45])
    assert (threshold["false_accepts"], threshold["fmr"]) == (50, 0.001)
    assert threshold["fnmr"] == 0.025
    assert threshold["keeping_fp32"] == {
        "squared_distance": 1.3,
        "cosine": pytest.approx(0.35),
        "false_accepts": 90,
        "false_rejects": 8,
        "fmr": 0.0018,
        "fnmr": 0.02,
    }
    assert Thresholds.model_validate_json(json.dumps(found), strict=True).complete


def test_an_fmr_that_the_pairs_do_not_resolve_is_named_and_not_given():
    # 2,999 impostor pairs: 2.999 are expected at 1e-3, and 3,000 would be enough.
    (artifact,) = document(point("listed", 1e-3, 2999), point("listed", 1e-4, 2999))["artifacts"]
    assert artifact["thresholds"] == []
    assert [each["fmr_target"] for each in artifact["unresolved"]] == [1e-3, 1e-4, 1e-5, 1e-6]
    assert artifact["unresolved"][1]["why"] == (
        "of 2,999 impostor pairs 0.3 are expected to be accepted, and fewer than 3 set no "
        "threshold; 30,000 pairs do"
    )
    (artifact,) = document(point("listed", 1e-3, 3000))["artifacts"]
    assert [each["fmr_target"] for each in artifact["thresholds"]] == [1e-3]


def test_a_run_that_did_not_end_says_so_and_records_without_points_give_none():
    assert document(point("listed", 1e-3, 3000), complete=False)["complete"] is False
    assert document()["artifacts"] == []
