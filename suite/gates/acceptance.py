"""Whether a case may be accepted: never where a gate fails against FP32, or nodes fell back."""

from collections.abc import Iterator

from suite.catalog.gate import Gate
from suite.gates.case_work import CaseWork
from suite.gates.measures import measured
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome


def why_unacceptable(work: CaseWork) -> str | None:
    """Why a case must not be accepted; None where it may be."""
    for ran in (work.fp32, work):
        fallen = [stray for stray in measured(ran, Gate.PLACEMENT).strays if stray.fell_back]
        if fallen:
            named = ", ".join(f"{s.name or 'unnamed'} ({s.op_type})" for s in fallen[:3])
            return f"placement: {len(fallen)} nodes of {ran.mode.id} fell back: {named}"
    for each in _held_against_fp32(work):
        judged = judge_against_fp32(each, work.limits.policy)
        if judged.outcome is Outcome.FAIL:
            return f"{each.section}: {judged.headline}"
    return None


def _held_against_fp32(work: CaseWork) -> Iterator[Measured]:
    yield measured(work, Gate.ARTIFACT)
    for dataset_id in work.model.evaluation:
        yield measured(work, Gate.VERIFICATION, dataset_id)
        if not work.mode.is_fp32:
            yield measured(work, Gate.FIDELITY, dataset_id)
