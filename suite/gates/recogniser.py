"""Whether FP32 recognises anybody: where it does not, quantization is not to blame."""

import hashlib

import numpy as np

from suite.catalog.model_card import ModelCard
from suite.datasets.face_set import FaceSet
from suite.datasets.images.decoder import decode
from suite.gates.case_work import Embeddings
from suite.verification.collapse import repeated_rows, zero_rows

# Chance is 0.5; recognisers have over 0.9 on the hardest of the public sets.
LEAST_ROC_AUC = 0.6
# How far above guessing the accuracy of a recogniser is; that of the weakest is over 0.8 of 0.5.
_ABOVE_GUESSING = 0.05
# Of the faces: those with an embedding of zeros, or that of another face.
MOST_LOST = 0.01


def no_recogniser(
    model: ModelCard, faces: FaceSet, rows: Embeddings, roc_auc: float, accuracy: float
) -> str | None:
    """Why FP32's embeddings of a set are no recogniser's; None where they may be.

    Parameters
    ----------
    rows : float32 [faces, d], of unit length or zero
    roc_auc, accuracy : of the set's pairs; nothing is asked of them where the card says
        ``untrained``
    """
    if roc_auc < LEAST_ROC_AUC and not model.untrained:
        return (
            f"FP32 is no recogniser: its ROC AUC is {roc_auc:.4f}, of which {LEAST_ROC_AUC} is the "
            "least allowed (0.5 is chance); correct the card's preprocessing and outputs, or the "
            f"weights, and where these are made ones say untrained = true in {model.card_file.name}"
        )
    guessing = max(faces.genuine.mean(), 1 - faces.genuine.mean())
    if accuracy < guessing + _ABOVE_GUESSING and not model.untrained:
        return (
            f"FP32 is no recogniser: its accuracy is {accuracy:.4f}, and {guessing:.4f} is what "
            "always the same answer gives; its embeddings may hardly differ, or differ by nothing "
            "that tells people apart: correct the card's preprocessing and outputs, or the "
            f"weights, and where these are made ones say untrained = true in {model.card_file.name}"
        )
    zero, repeated = int(zero_rows(rows).sum()), _repeated(faces, rows)
    if zero + repeated > MOST_LOST * len(rows):
        return (
            f"FP32 is no recogniser: of {len(rows):,} faces {zero:,} get an embedding of zeros and "
            f"{repeated:,} that of another face, of which {MOST_LOST:.0%} is the most allowed; "
            "correct the card's preprocessing and outputs, the weights or the faces"
        )
    return None


def _repeated(faces: FaceSet, rows: Embeddings) -> int:
    """How many faces get the embedding of another; images of the same pixels are one face."""
    distinct: dict[bytes, int] = {}
    for index in np.flatnonzero(repeated_rows(rows)):
        face = faces.faces[index]
        pixels = decode(face.read(), face.name)
        key = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).digest()
        distinct.setdefault(key, int(index))
    return int(repeated_rows(rows[list(distinct.values())]).sum())


def left_out(rows: Embeddings) -> tuple[str, ...]:
    """What is said of the faces that FP32 gives an embedding of zeros."""
    zero = int(zero_rows(rows).sum())
    if not zero:
        return ()
    return (
        f"{zero:,} of {len(rows):,} faces get an embedding of zeros in FP32: they count neither "
        "for nor against the other modes",
    )
