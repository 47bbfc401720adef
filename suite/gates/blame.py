"""Embeddings held against FP32, with whom to blame where they fail."""

from suite.catalog.gate import Gate, Section
from suite.catalog.policy import PolicySpec
from suite.gates.case_work import CaseWork
from suite.gates.measures import measured
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.blame import blamed, costs_too_much
from suite.judging.judgement import Judgement
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome


def held_against_fp32(work: CaseWork, found: Measured, policy: PolicySpec) -> Judgement:
    """A gate's measurement held against FP32 of this run; a failure says what costs too much."""
    of_fp32 = work.mode.is_fp32
    judged = judge_against_fp32(found, policy, of_fp32=of_fp32)
    if judged.outcome is not Outcome.FAIL:
        return judged
    fidelity = fidelity_behind(work, found)
    judged = judge_against_fp32(found, policy, of_fp32=of_fp32, culprit=costs_too_much(fidelity))
    return blamed(judged, fidelity)


def fidelity_behind(work: CaseWork, found: Measured) -> Measured | None:
    """The fidelity of the embeddings that a gate judges; None of FP32, and where it judges none."""
    section = Section.parse(found.section)
    if work.mode.is_fp32 or section is None:
        return None
    if section.gate not in (Gate.FIDELITY, Gate.VERIFICATION):
        return None
    return measured(work, Gate.FIDELITY, section.key)
