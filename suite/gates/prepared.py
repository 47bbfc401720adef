"""The rewritten FP32 that a mode is timed beside, because it may be the faster FP32."""

from __future__ import annotations

from suite.catalog.mode_card import PREPARED
from suite.catalog.selection import is_made, why_not_applicable, why_unbuildable
from suite.gates.case_work import CaseWork

# Steps after which onnxruntime runs FP32 no faster: a head is one layer of many, whatever its op
# (1.00 × on the embedded FaceNet and InsightFace, onnxruntime 1.32).
_AS_FAST = frozenset({"gemm_heads"})


def prepared_beside(work: CaseWork) -> CaseWork | None:
    """The work on ``fp32_prepared`` where another mode is to be timed beside it.

    None where the mode is FP32 or that one, where the catalog or the provider does not have it,
    and where its steps change nothing that takes time: it is then as fast as the source.

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
    taken = {done.step for done in artifact.steps if done.places and not done.left_out}
    return artifact.brought or not taken <= _AS_FAST
