"""FP32 as what the other modes are held against: where it is at fault itself, nothing can be."""

from suite.catalog.gate import Gate
from suite.gates.case_work import CaseWork
from suite.gates.measures import measured
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.outcome import Outcome


def fault_of_fp32(work: CaseWork, dataset_id: str | None) -> str | None:
    """Why a quantized case cannot be held against FP32 on a set; None where it can."""
    if dataset_id is None or work.mode.is_fp32:
        return None
    fp32 = work.fp32
    own = measured(fp32, Gate.VERIFICATION, dataset_id)
    judged = judge_against_fp32(own, fp32.limits.policy, of_fp32=True)
    if judged.outcome is not Outcome.FAIL:
        return None
    return f"nothing can be held against FP32: {judged.headline}"
