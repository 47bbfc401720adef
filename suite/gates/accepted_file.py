"""The baseline file that a case is held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suite.judging.baselines.store import BaselineFile, baselines_of, serving_file
from suite.runtime.profile import PARENT_PROFILE

if TYPE_CHECKING:
    from suite.gates.case_work import CaseWork


def accepted_file(work: CaseWork) -> BaselineFile:
    """That of a case's own profile or a kin's; FP32's is the parent's, for every provider."""
    bench = work.bench
    profile = PARENT_PROFILE if work.mode.is_fp32 else bench.profile
    return serving_file(baselines_of(bench.catalog), profile, work.model.id, work.mode.id)
