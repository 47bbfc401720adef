"""False rejects of attempts, those included that give no face to compare."""

import numpy as np
from numpy.typing import NDArray

from suite.verification.errors import VerificationError


def fnmr_at(distances: NDArray[np.float64], threshold: float) -> float:
    """The share of genuine pairs that a threshold rejects.

    Parameters
    ----------
    distances : float64 [n], of genuine pairs
    threshold : squared distance below which a pair is accepted

    Raises
    ------
    VerificationError
        where there is no pair.
    """
    if not len(distances):
        raise VerificationError("There is no genuine pair to reject.")
    return float((distances >= threshold).mean())


def false_reject_rate(fta: float, fnmr: float) -> float:
    """FRR = FTA + (1 − FTA) · FNMR: an attempt is rejected that gives no sample, or no match.

    ISO/IEC 19795-1, for transactions of one attempt.

    Parameters
    ----------
    fta : the failure-to-acquire rate, 0 to 1
    fnmr : the false non-match rate of the comparisons that were made, 0 to 1

    Examples
    --------
    >>> false_reject_rate(0.02, 0.05)
    0.069
    """
    return fta + (1 - fta) * fnmr
