"""Every pair of a set's images, as the BLUFR protocol has them for LFW."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suite.verification.errors import VerificationError
from suite.verification.roc import Roc

_BLOCK_ROWS = 256


def all_pairs(embeddings: ArrayLike, people: ArrayLike) -> Roc:
    """The ROC over every genuine and every impostor pair of the images.

    Parameters
    ----------
    embeddings : real numbers [n, d], rows of unit length
    people : int [n], who each image shows

    Returns
    -------
    Roc
        of n (n − 1) / 2 squared distances, computed as 2 − 2 cos in float32

    Raises
    ------
    VerificationError
        An embedding with NaN or infinity, or pairs of one class alone.

    References
    ----------
    S. Liao, Z. Lei, D. Yi, S. Z. Li: A benchmark study of large-scale unconstrained face
    recognition, IJCB 2014.
    """
    rows = np.asarray(embeddings, dtype=np.float32)
    who = np.asarray(people)
    broken = int((~np.isfinite(rows)).any(axis=1).sum())
    if broken:
        raise VerificationError(
            f"NaN or infinity in {broken:,} of {len(rows):,} embeddings: no pair of those images "
            "has a distance."
        )
    genuine: list[NDArray[np.float32]] = []
    impostors: list[NDArray[np.float32]] = []
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = rows[start : start + _BLOCK_ROWS]
        later = np.arange(start, len(rows)) > np.arange(start, start + len(block))[:, None]
        distances = 2 - 2 * (block @ rows[start:].T)
        same = who[start : start + len(block), None] == who[start:]
        genuine.append(distances[later & same])
        impostors.append(distances[later & ~same])
    parts = [
        np.sort(np.concatenate(part or [np.empty(0, np.float32)])) for part in (genuine, impostors)
    ]
    for part, name in zip(parts, ("genuine", "impostor"), strict=True):
        if not len(part):
            raise VerificationError(f"The images make no {name} pair: all pairs need both kinds.")
    return Roc(genuine=parts[0].astype(np.float64), impostors=parts[1].astype(np.float64))
