"""Resolution flags, changes and flips of hand-made evidence."""

import numpy as np
import pytest
from records import measured
from records import record as record_of

from suite.catalog.gate import Gate
from suite.datasets.face import Face
from suite.datasets.face_set import PairList, face_set
from suite.gates.uncertainty import flips, uncertainty
from suite.report.html.model_part import set_part
from suite.report.sections.certainty import certainty
from suite.verification import unit_rows
from suite.verification.evaluator import Evaluator, Evidence, Pairs


def made_set(people: int = 12, pictures: int = 4, spread: float = 0.4, seed: int = 0):
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(people), pictures)
    rows = rng.normal(size=(people, 16))[who] + spread * rng.normal(size=(len(who), 16))
    left = rng.integers(len(who), size=400)
    right = (left + rng.integers(1, len(who), size=400)) % len(who)
    right[::2] = left[::2] // pictures * pictures + (left[::2] + 1) % pictures
    return unit_rows(rows.astype(np.float32)), who, left, right


def evidence_of(rows, who, left, right, *, known: bool = True) -> tuple[Evaluator, Evidence]:
    genuine = who[left] == who[right]
    evaluator = Evaluator(Pairs(left, right, genuine, who if known else None))
    return evaluator, evaluator.evaluate(rows)


def test_a_target_below_one_false_accept_is_flagged_and_all_pairs_resolve_it():
    evaluator, evidence = evidence_of(*made_set(people=60, pictures=4))
    sure = uncertainty(evaluator.units, evidence)
    flags = {name: point.flag for name, point in sure.resolution.items()}
    assert flags["tar_at_far_1e-3"] == "not resolvable: this is TAR at FAR=0"
    assert flags["tar_at_far_1e-4"] == "not resolvable: this is TAR at FAR=0"
    assert flags["all_pairs_tar_at_far_1e-3"] == ""
    assert flags["all_pairs_tar_at_far_1e-4"].startswith("weak")
    assert "all_pairs_tar_at_far_1e-6" not in flags
    assert sure.drawn == "people"
    assert sure.units == 60
    for name, (low, high) in sure.intervals.items():
        assert low <= evidence.figures[name] <= high or "tar_at_far" in name


def test_false_accepts_of_few_pairs_of_people_resolve_nothing():
    """Two people look alike, four pictures each: their 16 pairs are all the false accepts."""
    rows, who, left, right = made_set(people=60, pictures=4, spread=0.1)
    twin = rows[who == 0] + 0.02 * np.random.default_rng(1).normal(size=(4, 16))
    rows[who == 1] = unit_rows(twin.astype(np.float32))
    evaluator, evidence = evidence_of(rows, who, left, right)
    found = uncertainty(evaluator.units, evidence).resolution["all_pairs_tar_at_far_1e-3"]
    assert found.expected_false_accepts >= 10
    assert found.false_accepts == 28
    assert found.people_pairs < 10
    assert found.flag == "weak: the false accepts are of fewer than 10 pairs of people"


def test_without_identities_the_intervals_are_called_optimistic():
    evaluator, evidence = evidence_of(*made_set(), known=False)
    sure = uncertainty(evaluator.units, evidence)
    assert sure.drawn == "images"
    assert not any(name.startswith("all_pairs") for name in evidence.figures)


def test_the_same_model_twice_changes_nothing():
    rows, who, left, right = made_set(spread=0.9)
    evaluator, fp32 = evidence_of(rows, who, left, right)
    same = fp32.joined(evaluator.deploy(rows, rows, fp32))
    sure = uncertainty(evaluator.units, same, fp32.as_deployed())
    for name, change in sure.changes.items():
        assert (change.point, change.low, change.high) == (0, 0, 0), name


def test_a_worse_model_has_a_change_that_its_interval_holds():
    rows, who, left, right = made_set(people=40, spread=0.7)
    rng = np.random.default_rng(1)
    worse = unit_rows(rows + 0.15 * rng.normal(size=rows.shape).astype(np.float32))
    evaluator, fp32 = evidence_of(rows, who, left, right)
    now = evaluator.evaluate(worse.astype(np.float32))
    now = now.joined(evaluator.deploy(rows, worse.astype(np.float32), fp32))
    change = uncertainty(evaluator.units, now, fp32.as_deployed()).changes["roc_auc"]
    assert change.point < 0
    assert change.low <= change.point <= change.high
    assert change.high < 0
    kept = fp32.points["tar_at_far_1e-3"].threshold
    genuine = who[left] == who[right]
    wanted = float((now.distances[genuine] < kept).mean())
    assert now.figures["kept_tar_1e-3"] == pytest.approx(wanted)
    mixed = ((rows[left].astype(float) - worse[right]) ** 2).sum(axis=1)
    assert now.figures["mixed_tar_1e-3"] == pytest.approx(float((mixed[genuine] < kept).mean()))


def test_the_report_says_what_a_set_can_show():
    """A mode that is somewhat worse: the loss that is seen is 2.8 standard errors of its change."""
    rows, who, left, right = made_set(people=60, spread=0.7)
    noise = np.random.default_rng(1).normal(size=rows.shape).astype(np.float32)
    worse = unit_rows(rows + 0.1 * noise).astype(np.float32)
    evaluator, fp32 = evidence_of(rows, who, left, right)
    now = evaluator.evaluate(worse)
    now = now.joined(evaluator.deploy(rows, worse, fp32))
    sure = uncertainty(evaluator.units, now, fp32.as_deployed())
    found = measured(Gate.VERIFICATION, "d", figures=dict(now.figures), uncertainty=sure)
    text = "\n".join(certainty([record_of(Gate.VERIFICATION, dataset="d", measured=found)]))
    name = "all_pairs_tar_at_far_1e-3"
    errors = now.resampled[name] - fp32.as_deployed().resampled[name]
    (said,) = (line for line in text.splitlines() if line.startswith("**What this set can show**"))
    assert said.startswith("**What this set can show**: with these 60 people a loss of Accuracy")
    points = float(said.partition("TAR@FAR=1e-3, all pairs under ")[2].split()[0])
    assert points / 100 == pytest.approx(2.8 * errors.std(), rel=0.2)
    # What does not resolve is no figure that a loss could be seen of.
    assert "of TAR@FAR=1e-4, all pairs" not in said
    assert "| Seen from |" in text
    record = record_of(Gate.VERIFICATION, dataset="d", measured=found)
    assert dict(set_part("d", [record], {"fp32": "m0"}).notes)["what this set can show"] in said


def test_flips_are_the_pairs_decided_otherwise_the_farthest_moved_first():
    def evidence(distances: list[float], threshold: float) -> Evidence:
        return Evidence({"accuracy_threshold": threshold}, {}, {}, np.array(distances))

    names = [Face.held(f"f{n}", bytes([n])) for n in range(8)]
    faces = face_set(
        "set", names, PairList([0, 2, 4, 6], [1, 3, 5, 7], [True, False, True, False], 1)
    )
    fp32 = evidence([1.0, 1.3, 1.1, 1.6], 1.2)
    mode = evidence([1.25, 1.15, 1.1, 1.9], 1.1)
    found = flips(faces, mode, fp32)
    assert [(f.pair, f.left, f.right, f.genuine) for f in found] == [
        (0, "f0", "f1", True),
        (1, "f2", "f3", False),
        (2, "f4", "f5", True),
    ]
    # With its own threshold of 1.1 the mode accepts neither pair 0 nor 1, nor 2, which is at it.
    assert [(f.own, f.kept) for f in found] == [(True, True), (False, True), (True, False)]
    assert found[0].fp32_distance == 1.0
    assert found[0].distance == 1.25


def test_the_report_names_what_is_flagged_and_where_intervals_are_too_short():
    rows, who, left, right = made_set()
    evaluator, evidence = evidence_of(rows, who, left, right)
    found = measured(
        Gate.VERIFICATION,
        "d",
        figures=dict(evidence.figures),
        uncertainty=uncertainty(evaluator.units, evidence),
    )
    record = record_of(Gate.VERIFICATION, dataset="d", measured=found)
    text = "\n".join(certainty([record]))
    assert "**Flagged**: TAR@FAR=1e-3, of 183 impostor pairs, is not resolvable" in text
    assert "1,000 draws of 12 people. **Too short**: fewer than 100" in text
