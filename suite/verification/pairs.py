"""Labelled distances, checked once before any figure is computed from them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suite.verification.errors import VerificationError


def checked_pairs(
    distances: ArrayLike, genuine: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Distances and labels as arrays that every figure can be computed from.

    Parameters
    ----------
    distances : real numbers [n], one for each pair; compared as float64, whatever they were
    genuine : bool [n], or integers that are 0 or 1: whether both faces are of one person

    Returns
    -------
    float64 [n] and bool [n], in the order given; the caller's own arrays where no conversion
    was needed, so not to be written to

    Raises
    ------
    VerificationError
        No pairs, not one label for each distance, a label that is neither true nor false,
        a NaN or infinite distance, or pairs of one class only.

    Notes
    -----
    Distances below 0 or above 4 are let through: rounding takes squared distances of unit
    rows a little past both ends.
    """
    values = np.asarray(distances, dtype=np.float64)
    labels = np.asarray(genuine)
    if values.ndim != 1 or labels.ndim != 1:
        raise VerificationError(
            f"distances and genuine must have one dimension each, not shapes "
            f"{values.shape} and {labels.shape}."
        )
    if len(values) != len(labels):
        raise VerificationError(
            f"{len(values):,} distances came with {len(labels):,} genuine labels: "
            f"there must be one label for each pair."
        )
    if not len(values):
        raise VerificationError("There are no pairs to verify.")
    _refuse_unusable(values)
    return values, _checked_labels(labels)


def _refuse_unusable(distances: NDArray[np.float64]) -> None:
    unusable = ~np.isfinite(distances)
    count = int(np.count_nonzero(unusable))
    if count:
        found = "NaN" if np.isnan(distances[unusable]).all() else "NaN or infinity"
        raise VerificationError(
            f"{found} in {count:,} of {len(distances):,} distances "
            f"(first at pair {int(np.argmax(unusable))}): the model gives no usable embedding "
            f"for these faces."
        )


def _checked_labels(labels: NDArray[np.generic]) -> NDArray[np.bool_]:
    if labels.dtype != np.bool_:
        numbers = labels.dtype.kind in "iuf"
        odd = ~np.isin(labels, (0, 1)) if numbers else np.ones(len(labels), np.bool_)
        if odd.any():
            first = int(np.argmax(odd))
            raise VerificationError(
                f"The genuine label of pair {first} is {labels[first].item()!r}, but a label "
                f"is true or false."
            )
    truth = labels.astype(np.bool_, copy=False)
    positives = int(np.count_nonzero(truth))
    if positives in (0, len(truth)):
        present, absent = ("genuine", "impostor") if positives else ("impostor", "genuine")
        raise VerificationError(
            f"All {len(truth):,} pairs are {present} pairs: verification figures need at "
            f"least one {absent} pair too."
        )
    return truth
