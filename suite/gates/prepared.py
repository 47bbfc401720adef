"""The rewritten FP32 that a mode is timed beside, because it may be the faster FP32."""

from __future__ import annotations

from suite.catalog.mode_card import PREPARED
from suite.catalog.selection import is_made, why_not_applicable, why_unbuildable
from suite.gates.case_work import CaseWork


def prepared_beside(work: CaseWork) -> CaseWork | None:
    """The work on ``fp32_prepared`` where another mode is to be timed beside it.

    None where the mode is FP32 or that one, where the catalog or the provider does not have it,
    and where its steps change nothing, so that it is the source.

    Raises
    ------
    SuiteError
        where it is to be built and cannot be.
    """
    mode, bench = work.bench.catalog.modes.get(PREPARED), work.bench
    if mode is None or work.mode.is_fp32 or work.mode.id == PREPARED:
        return None
    if not is_made(work.model, mode) or why_not_applicable(work.model, mode, bench.provider):
        return None
    if why_unbuildable(work.model, mode, bench.provider.id):
        return None
    prepared = work.of_model.case(mode)
    return prepared if _differs(prepared) else None


def _differs(prepared: CaseWork) -> bool:
    artifact = prepared.artifact
    return artifact.brought or any(done.places and not done.left_out for done in artifact.steps)
