"""Whether a case may be accepted: never where a gate fails against FP32, or nodes fell back."""

from collections.abc import Iterator

from suite.catalog.gate import Gate
from suite.gates.case_work import CaseWork
from suite.gates.measures import measured
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome


def why_unacceptable(work: CaseWork) -> str:
    """Why a case must not be accepted, judged once for all its gates; empty where it may be."""
    if work.refusal is None:
        work.refusal = _refusal(work)
    return work.refusal


def _refusal(work: CaseWork) -> str:
    for ran in (work.fp32, work):
        fallen = [stray for stray in measured(ran, Gate.PLACEMENT).strays if stray.fell_back]
        if fallen:
            named = ", ".join(f"{s.name or 'unnamed'} ({s.op_type})" for s in fallen[:3])
            return f"placement: {len(fallen)} nodes of {ran.mode.id} fell back: {named}"
    for each in _held_against_fp32(work):
        judged = judge_against_fp32(each, work.limits.policy)
        if judged.outcome is Outcome.FAIL:
            return f"{each.section}: {judged.headline}"
    return ""


def _held_against_fp32(work: CaseWork) -> Iterator[Measured]:
    for gate in Gate:
        if gate.guards_acceptance and (gate.of_fp32 or not work.mode.is_fp32):
            for dataset_id in work.model.evaluation if gate.per_dataset else (None,):
                yield measured(work, gate, dataset_id)
