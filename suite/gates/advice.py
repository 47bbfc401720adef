"""What a gate advises where accepting may be what is to be done."""

from suite.catalog.errors import SuiteError
from suite.catalog.gate import Gate
from suite.gates.case_work import CaseWork
from suite.gates.measures import measured
from suite.judging.against_baseline import judge_against_baseline
from suite.judging.baselines.store import BaselineFile, baselines_of
from suite.judging.outcome import Outcome
from suite.runtime.profile import PARENT_PROFILE

MEND_FIRST = "its model's fingerprint is not as accepted: mend that first"


def is_fingerprint_red(work: CaseWork) -> bool:
    """Whether the fingerprint of a case's model is another one than accepted, whichever gates run.

    Where none is accepted, or an older suite's lacks a part of it, accepting it is what is to be
    done.
    """
    fp32 = work.fp32
    root = baselines_of(work.bench.catalog)
    entry = BaselineFile(root, PARENT_PROFILE, work.model.id, fp32.mode.id).entry(Gate.FINGERPRINT)
    if entry is None:
        return False
    try:
        found = measured(fp32, Gate.FINGERPRINT)
    except SuiteError:
        return True
    if found.problem:
        return True
    judged = judge_against_baseline(found, entry, fp32.limits.tolerances)
    return judged.outcome is Outcome.FAIL and not judged.advice
