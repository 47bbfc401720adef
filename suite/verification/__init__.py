"""Face verification figures: pure functions of arrays, numpy alone with its threads held.

One rule everywhere: a pair is accepted when its squared distance is *below* the threshold
(``d < threshold``), so tied distances are accepted or rejected together and every threshold
reported here reproduces the figure that came with it.
"""

from suite.verification.errors import VerificationError
from suite.verification.fidelity import FidelityFigures, fidelity
from suite.verification.folds import FoldAccuracy, fold_accuracy
from suite.verification.pair_figures import VerificationFigures, verify
from suite.verification.roc import (
    EqualErrorRate,
    Roc,
    TarAtFar,
)
from suite.verification.scores import cosines, squared_distances, unit_rows

__all__ = [
    "EqualErrorRate",
    "FidelityFigures",
    "FoldAccuracy",
    "Roc",
    "TarAtFar",
    "VerificationError",
    "VerificationFigures",
    "cosines",
    "fidelity",
    "fold_accuracy",
    "squared_distances",
    "unit_rows",
    "verify",
]
