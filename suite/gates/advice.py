"""What a gate advises where accepting may be what is to be done, and whom it suspects."""

from dataclasses import replace

from suite.catalog.errors import SuiteError
from suite.catalog.gate import Gate
from suite.gates.case_work import CaseWork
from suite.gates.measures import measured
from suite.judging.against_baseline import judge_against_baseline
from suite.judging.baselines.store import BaselineFile, baselines_of
from suite.judging.judgement import Entry, Judgement
from suite.judging.outcome import Outcome
from suite.runtime.profile import PARENT_PROFILE
from suite.runtime.versions import other_surroundings, surroundings

MEND_FIRST = "its model's fingerprint is not as accepted: mend that first"


def advised(
    judged: Judgement, entry: Entry | None, work: CaseWork, *, cause_known: bool = False
) -> Judgement:
    """A judgement as it is said: with the first suspect where it is red, and with sound advice.

    Parameters
    ----------
    judged : what was concluded, of which another library or CPU than when its section was accepted
        is the first suspect, whatever it failed against
    entry : what is accepted of the section; None where nothing is
    work : the case, whose model's fingerprint is looked at before accepting is advised
    cause_known : whether a cause was found already, so that no library or CPU is suspected
    """
    advice, changed = judged.advice, ""
    if entry is not None and judged.outcome is Outcome.FAIL and not cause_known:
        changed = other_surroundings(entry.versions, surroundings())
    if advice and is_fingerprint_red(work):
        advice = MEND_FIRST
    elif advice and changed:
        advice = f"go back to those, or {advice}"
    headline = f"{changed}: {judged.headline}" if changed else judged.headline
    return replace(judged, headline=headline, advice=advice)


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
    judged = judge_against_baseline(found, entry, fp32.limits())
    return judged.outcome is Outcome.FAIL and not judged.advice
