"""Whom a failure of embeddings is blamed on."""

import pytest

from suite.catalog.limits import Limits
from suite.catalog.policy import PolicySpec
from suite.judging.against_baseline import judge_against_baseline
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.blame import blamed, costs_too_much
from suite.judging.judgement import Entry
from suite.judging.measured import LossSplit, Measured

POLICY = PolicySpec(floor={"cosine_mean": 0.99, "cosine_worst": 0.95})
LIMITS = Limits({"cosine_mean": 0.001, "cosine_worst": 0.01}, POLICY)


def fidelity(split: LossSplit | None, mean: float = -0.012, worst: float = -0.3) -> Measured:
    return Measured(
        section="fidelity.faces",
        identity={},
        figures={"cosine_mean": mean, "cosine_worst": worst},
        observed={
            "unoptimised_cosine_mean": 0.987,
            "unoptimised_cosine_worst": 0.96,
            "sampled_cosine_mean": mean,
            "sampled_cosine_worst": worst,
        },
        split=split,
    )


OPTIMISER = LossSplit(faces=64, culprit="this runtime's graph optimiser")


def test_the_headline_gives_the_share_of_each() -> None:
    found = fidelity(OPTIMISER)
    judged = blamed(judge_against_fp32(found, POLICY, culprit=costs_too_much(found)), found)
    assert judged.headline.startswith("this runtime's graph optimiser costs too much: ")
    assert judged.headline.endswith(
        "of the mean cosine of 64 faces the recipe costs 0.0130, this runtime's graph optimiser "
        "0.9990"
    )


def test_the_lowest_cosine_alone_has_its_own_shares() -> None:
    found = fidelity(LossSplit(faces=64), mean=0.995, worst=0.8)
    judged = blamed(judge_against_fp32(found, POLICY), found)
    assert judged.headline.startswith("quantization costs too much: Worst cosine")
    assert judged.headline.endswith(
        "of the lowest cosine of 64 faces the recipe costs 0.0400, this runtime 0.1600"
    )


def test_what_is_not_as_accepted_is_blamed_too_and_what_is_better_is_not() -> None:
    found = fidelity(OPTIMISER)
    accepted = Entry({}, {"cosine_mean": 0.987, "cosine_worst": 0.9}, {})
    judged = blamed(judge_against_baseline(found, accepted, LIMITS), found)
    assert judged.headline.startswith("not as accepted: ")
    assert "this runtime's graph optimiser 0.9990" in judged.headline
    worse = Entry({}, {"cosine_mean": -0.5, "cosine_worst": -0.9}, {})
    better = judge_against_baseline(found, worse, LIMITS)
    assert blamed(better, found) == better


@pytest.mark.parametrize("found", [None, fidelity(None)])
def test_without_a_split_nobody_is_blamed(found: Measured | None) -> None:
    judged = judge_against_fp32(fidelity(OPTIMISER), POLICY)
    assert costs_too_much(found) == "quantization"
    assert blamed(judged, found) == judged


def test_embeddings_that_have_nothing_in_common_are_another_networks() -> None:
    split = LossSplit(reason="a dynamic file runs integer kernels at every level")
    found = fidelity(split, mean=-0.02).model_copy(update={"observed": {}})
    judged = blamed(judge_against_fp32(found, POLICY), found)
    assert judged.headline.startswith(
        "its embeddings have nothing in common with FP32's (mean cosine -0.02): the artifact is "
        "another network's, or wants to be fed otherwise; quantization costs too much"
    )
    # What the recipe itself keeps is no other network, whatever a runtime makes of it.
    kept = blamed(judge_against_fp32(fidelity(OPTIMISER), POLICY), fidelity(OPTIMISER))
    assert "nothing in common" not in kept.headline
