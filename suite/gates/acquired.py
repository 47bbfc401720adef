"""What faces that were not found cost: failure to acquire beside the figures of pairs."""

import numpy as np
from numpy.typing import NDArray

from suite.datasets.face_set import FaceSet
from suite.verification.evidence import Evidence
from suite.verification.false_rejects import false_reject_rate, fnmr_at

_THRESHOLD = "tar_at_far_1e-3_threshold"


def with_failures_to_acquire(faces: FaceSet, evidence: Evidence) -> dict[str, float]:
    """FTA and FRR at the threshold of TAR@FAR=1e-3 of the listed pairs.

    FNMR in FRR is of the genuine pairs whose two faces were found. Both figures are left out where
    no faces were looked for, FRR where no such pair is.
    """
    acquired = faces.acquisition
    if acquired is None:
        return {}
    compared = evidence.distances[_both_found(faces)]
    if not len(compared):
        return {"fta": acquired.fta}
    fnmr = fnmr_at(compared, evidence.figures[_THRESHOLD])
    return {"fta": acquired.fta, "frr_at_far_1e-3": false_reject_rate(acquired.fta, fnmr)}


def failures_in_words(faces: FaceSet, evidence: Evidence) -> tuple[str, ...]:
    """What is said where faces were not found: FTA, and FRR with how it is made."""
    acquired, found = faces.acquisition, with_failures_to_acquire(faces, evidence)
    if acquired is None or not acquired.not_found:
        return ()
    words = f"failure to acquire: FTA {found['fta']:.5f} ({acquired.not_found:,} of "
    words += f"{acquired.images:,} images)"
    if "frr_at_far_1e-3" not in found:
        return (words,)
    pairs = _both_found(faces)
    fnmr = fnmr_at(evidence.distances[pairs], evidence.figures[_THRESHOLD])
    return (
        f"{words}; FRR at FAR=1e-3 {found['frr_at_far_1e-3']:.4f} = FTA + (1 − FTA) · FNMR, with "
        f"FNMR {fnmr:.4f} of the {int(pairs.sum()):,} genuine pairs whose two faces were found",
    )


def _both_found(faces: FaceSet) -> NDArray[np.bool_]:
    """bool [pairs], the genuine pairs of which neither face is used unaligned."""
    assert faces.acquisition is not None
    unaligned = faces.acquisition.unaligned
    found = np.array([face.sha256 not in unaligned for face in faces.faces], dtype=np.bool_)
    return np.asarray(faces.genuine & found[faces.left] & found[faces.right])
