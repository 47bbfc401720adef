"""The figures of single images, faces or charts: those of fidelity and of the fingerprint."""

import math
from collections.abc import Iterator
from functools import partial

from suite.catalog.figure import Figure, Tolerance
from suite.catalog.gate import Gate

_of_fidelity = partial(Figure, gate=Gate.FIDELITY)
_cosine = partial(_of_fidelity, worse="lower", digits=5, is_share=True, least=-1.0, since=4)
_of_fingerprint = partial(Figure, gate=Gate.FINGERPRINT)
# Lengths survive in them, which cosines and distances never see. A mode's tolerances are beyond
# what files lay apart whose scales differed in the last bits, but for one recipe that turns
# embeddings by 16 degrees: docs/measured.md has it.
_of_raw = partial(
    _of_fingerprint,
    worse="either",
    relative=True,
    same_bits=1e-5,
    since=4,
)


def _by_tenth(*names: str) -> Iterator[Figure]:
    """The mean cosine of each tenth of the images, by what their order is."""
    for name in names:
        yield _cosine(
            f"cosine_by_{name}",
            f"Mean cosine to FP32 of each tenth by {name}",
            tolerance=Tolerance(0.0, 0.003),
        )


def _turned(name: str, label: str, rebuilt: float, same_bits: float) -> Figure:
    """How far images turned from the accepted angles to FP32, over the mean of these.

    Files that differ in the last bits of their scales lay at most half of ``rebuilt`` apart
    (docs/measured.md).
    """
    return _of_fidelity(
        name,
        f"Change of images' angles to FP32, {label}",
        "either",
        tolerance=Tolerance(0.0, rebuilt),
        relative=True,
        same_bits=same_bits,
        since=4,
    )


OF_FIDELITY = (
    _of_fidelity(
        "cosine_mean",
        "Mean cosine to FP32",
        "lower",
        5,
        tolerance=Tolerance(0.0, 0.001),
        is_share=True,
        least=-1.0,
    ),
    _of_fidelity(
        "cosine_worst",
        "Worst cosine to FP32",
        "lower",
        5,
        tolerance=Tolerance(0.0, 0.01),
        is_share=True,
        least=-1.0,
    ),
    _cosine(
        "cosine_1st_percentile", "Cosine to FP32, 1st percentile", tolerance=Tolerance(0.0, 0.006)
    ),
    _cosine(
        "person_cosine_worst", "Mean cosine of a person, worst", tolerance=Tolerance(0.0, 0.003)
    ),
    *_by_tenth("brightness", "sharpness", "norm"),
    _turned("angle_change_mean", "mean", 0.3, 0.005),
    _turned("angle_change_worst", "largest", 3.0, 0.05),
    _turned("angle_change_person", "largest mean of a person", 0.6, 0.02),
    _of_fidelity(
        "norm_ratio_mean",
        "Norm over FP32's, mean",
        "either",
        tolerance=Tolerance(0.0, 0.006),
        since=4,
    ),
    _of_fidelity(
        "norm_ratio_1st_percentile",
        "Norm over FP32's, 1st percentile",
        "either",
        tolerance=Tolerance(0.0, 0.012),
        since=4,
    ),
    _of_fidelity(
        "norm_ratio_99th_percentile",
        "Norm over FP32's, 99th percentile",
        "either",
        tolerance=Tolerance(0.0, 0.012),
        since=4,
    ),
    _of_fidelity(
        "quality_correlation",
        "Rank correlation of the network's norms to FP32's",
        "lower",
        5,
        tolerance=Tolerance(0.0, 0.001),
        is_share=True,
        least=-1.0,
        since=4,
    ),
)
# What of these is measured of each image, and held to what is accepted of it.
ANGLE_CHANGES = tuple(each.name for each in OF_FIDELITY if each.name.startswith("angle_change"))

OF_FINGERPRINT = (
    _of_fingerprint(
        "tensor",
        "Preprocessed tensor",
        "either",
        5,
        tolerance=Tolerance(0.001, 0.001),
        least=-math.inf,
    ),
    _of_fingerprint("size", "Input size", "either", 0, tolerance=Tolerance(0, 0)),
    _of_fingerprint(
        "embedding",
        "FP32 embedding",
        "either",
        5,
        tolerance=Tolerance(0.0005, 0.0005),
        least=-math.inf,
    ),
    _of_fingerprint(
        "further_tensor",
        "Preprocessed tensor, JPEG and border",
        "either",
        tolerance=Tolerance(0.02, 0.02),
        relative=True,
        row=300,
        least=-math.inf,
        since=4,
    ),
    _of_raw(
        "raw_embedding",
        "Embeddings of charts, not scaled",
        tolerance=Tolerance(0.01, 0.25),
        row=32,
        least=-math.inf,
    ),
    _of_raw(
        "embedding_norm", "Norms of charts' embeddings", tolerance=Tolerance(0.005, 0.1), row=1
    ),
    _of_raw(
        "quality_norm",
        "Norms that the network gives of charts",
        tolerance=Tolerance(0.005, 0.1),
        row=1,
        least=-math.inf,
    ),
)
