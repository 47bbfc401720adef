"""What a run says of a case without a baseline, and of FP32 as what the others are held against."""

from suite.catalog.gate import Gate
from suite.gates.blame import held_against_fp32
from suite.gates.case_work import CaseWork
from suite.gates.measures import measured
from suite.judging.against_itself import judge_against_itself
from suite.judging.judgement import Judgement
from suite.judging.outcome import Outcome


def judged_in_this_run(work: CaseWork, gate: Gate, dataset_id: str | None) -> Judgement:
    """A gate's measurement held against FP32 of this run, or against itself."""
    found = measured(work, gate, dataset_id)
    if gate is Gate.BEHAVIOUR:
        return judge_against_itself(found, work.limits().tolerances)
    return held_against_fp32(work, found, work.limits(dataset_id).policy)


def fault_of_fp32(work: CaseWork, dataset_id: str | None) -> str | None:
    """Why a quantized case cannot be held against FP32 on a set; None where it can."""
    if dataset_id is None or work.mode.is_fp32:
        return None
    for gate, of in ((Gate.VERIFICATION, dataset_id), (Gate.BEHAVIOUR, None)):
        judged = judged_in_this_run(work.fp32, gate, of)
        if judged.outcome is Outcome.FAIL:
            return f"nothing can be held against FP32: {judged.headline}"
    return None
