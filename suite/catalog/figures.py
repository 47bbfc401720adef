"""The registry of figures: all that the suite measures, each with its facts, once.

Cards name figures, gates measure them, baselines keep them, the report prints them. A figure that a
baseline holds has a default tolerance; a mode's card lists only what differs.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from suite.catalog.figure import Column, Figure, Registry, Tolerance
from suite.catalog.gate import Gate
from suite.catalog.image_figures import OF_FIDELITY, OF_FINGERPRINT
from suite.catalog.latency_figures import ACCEPTED_OF_LATENCY, OBSERVED_OF_LATENCY

_of_artifact = partial(Figure, gate=Gate.ARTIFACT)
_of_pairs = partial(Figure, gate=Gate.VERIFICATION, of_fp32=True)
# A squared distance of unit vectors.
_threshold = partial(_of_pairs, worse="either", most=4.0)
# What a deployment that keeps FP32's threshold at FAR=1e-3 gets.
_at_1e3 = partial(_of_pairs, is_share=True, drawn="people", far=1e-3)
_of_fidelity = partial(Figure, gate=Gate.FIDELITY)
_of_placement = partial(Figure, gate=Gate.PLACEMENT)

FIGURES = Registry()

_ACCURACY = Tolerance(0.0005, 0.002)
_TAR = Tolerance(0.002, 0.005)
_THRESHOLD = Tolerance(0.005, 0.02)
_FAR = Tolerance(0.0002, 0.001)
# The TAR of the listed pairs that VAL and the FP32 gallery's TAR have their target of.
_LISTED_1E3 = "tar_at_far_1e-3"


def _tar_at_far(
    name: str, label: str, far: float, *, drawn: bool = True, column: Column | None = None
) -> tuple[Figure, Figure]:
    """A TAR at a FAR of its own threshold, and that threshold."""
    return (
        _of_pairs(
            name,
            label,
            "lower",
            tolerance=_TAR,
            is_share=True,
            drawn="people" if drawn else None,
            column=column,
            far=far,
            rests_on=name,
        ),
        _threshold(
            f"{name}_threshold",
            f"{label}{',' if ', ' in label else ''} threshold",
            tolerance=_THRESHOLD,
            far=far,
            rests_on=name,
        ),
    )


def at_kept_threshold(name: str) -> tuple[str, str]:
    """The TAR and the FAR at a threshold kept that stand in for a TAR@FAR that does not resolve.

    >>> at_kept_threshold("all_pairs_tar_at_far_1e-4")
    ('all_pairs_fixed_tar_1e-4', 'all_pairs_fixed_far_1e-4')
    """
    return name.replace("tar_at_far", "fixed_tar"), name.replace("tar_at_far", "fixed_far")


def _standing_in(figure: Figure) -> tuple[Figure, Figure]:
    """Both at the threshold of a TAR@FAR that is kept: the accepted one, or FP32's."""
    assert figure.far is not None
    of_tar, of_far = at_kept_threshold(figure.name)
    at = f"at the threshold kept of {figure.label}"
    # That FAR is near its target, so that its tolerance is as large a part of it.
    doubled = Tolerance(figure.far / 5, figure.far)
    return (
        _of_pairs(of_tar, f"TAR {at}", "lower", tolerance=_TAR, is_share=True, far=figure.far),
        _of_pairs(
            of_far, f"FAR {at}", "higher", 6, tolerance=doubled, is_share=True, far=figure.far
        ),
    )


def _near_fp32(name: str, label: str) -> tuple[Figure, Figure]:
    """The mean and the lowest cosine to FP32 of some of the faces, run in that way."""
    mean, worst = f"{name}_cosine_mean", f"{name}_cosine_worst"
    return (
        _of_fidelity(mean, f"Mean cosine to FP32, {label}", "lower", 5, is_share=True, least=-1.0),
        _of_fidelity(
            worst, f"Worst cosine to FP32, {label}", "lower", 5, is_share=True, least=-1.0
        ),
    )


FIGURES.accepted(
    _of_pairs(
        "accuracy",
        "Accuracy",
        "lower",
        6,
        tolerance=_ACCURACY,
        is_share=True,
        drawn="people",
        column="always",
    ),
    _of_pairs(
        "accuracy_std", "Accuracy std", "either", 6, tolerance=Tolerance(0.002, 0.004), most=0.5
    ),
    _threshold("accuracy_threshold", "Accuracy threshold", tolerance=Tolerance(0.02, 0.05)),
    *_tar_at_far(_LISTED_1E3, "TAR@FAR=1e-3", 1e-3, column="always"),
    *_tar_at_far("tar_at_far_1e-4", "TAR@FAR=1e-4", 1e-4, column="always"),
    *_tar_at_far("all_pairs_tar_at_far_1e-3", "TAR@FAR=1e-3, all pairs", 1e-3, column="measured"),
    *_tar_at_far("all_pairs_tar_at_far_1e-4", "TAR@FAR=1e-4, all pairs", 1e-4, column="measured"),
    *_tar_at_far("all_pairs_tar_at_far_1e-5", "TAR@FAR=1e-5, all pairs", 1e-5, drawn=False),
    *_tar_at_far("all_pairs_tar_at_far_1e-6", "TAR@FAR=1e-6, all pairs", 1e-6, drawn=False),
    _of_pairs("all_pairs_eer", "EER, all pairs", "higher", 5, tolerance=_FAR, is_share=True),
    _threshold("all_pairs_eer_threshold", "EER, all pairs, threshold", tolerance=_THRESHOLD),
    _of_pairs(
        "val_at_far_1e-3",
        "VAL@FAR=1e-3 by folds",
        "lower",
        tolerance=_TAR,
        is_share=True,
        far=1e-3,
        rests_on=_LISTED_1E3,
    ),
    _of_pairs(
        "val_far_1e-3",
        "FAR of VAL by folds",
        "either",
        5,
        tolerance=_FAR,
        is_share=True,
        far=1e-3,
        rests_on=_LISTED_1E3,
    ),
    _at_1e3("kept_tar_1e-3", "TAR at FP32's threshold", "lower", tolerance=_TAR),
    _at_1e3("kept_far_1e-3", "FAR at FP32's threshold", "higher", 5, tolerance=_FAR),
    _at_1e3("mixed_tar_1e-3", "FP32 gallery: TAR at FP32's threshold", "lower", tolerance=_TAR),
    _at_1e3("mixed_far_1e-3", "FP32 gallery: FAR at FP32's threshold", "higher", 5, tolerance=_FAR),
    _at_1e3(
        "mixed_tar_at_far_1e-3",
        "FP32 gallery: TAR@FAR=1e-3",
        "lower",
        tolerance=_TAR,
        rests_on=_LISTED_1E3,
    ),
    _of_pairs(
        "roc_auc",
        "ROC AUC",
        "lower",
        5,
        tolerance=Tolerance(0.0001, 0.0005),
        is_share=True,
        drawn="people",
        column="always",
    ),
    _of_pairs(
        "eer", "EER", "higher", 5, tolerance=Tolerance(0.001, 0.002), is_share=True, drawn="people"
    ),
    _threshold("eer_threshold", "EER threshold", tolerance=_THRESHOLD),
    *OF_FIDELITY,
    _of_artifact(
        "size_bytes",
        "Size (bytes)",
        "higher",
        0,
        unit="bytes",
        tolerance=Tolerance(0.001, 0.01),
        relative=True,
        across_versions=0.02,
        only_worse_fails=True,
        of_fp32=True,
    ),
    _of_artifact("quantized_ops", "Quantized ops", "lower", 0, tolerance=Tolerance(0, 0)),
    _of_artifact("float_ops", "Claimed ops left in float", "higher", 0, tolerance=Tolerance(0, 0)),
    _of_placement(
        "integer_share",
        "Share of claimed arithmetic in integer kernels",
        "lower",
        4,
        tolerance=Tolerance(0.0, 0.001),
        only_worse_fails=True,
        is_share=True,
        since=2,
    ),
    *OF_FINGERPRINT,
    *ACCEPTED_OF_LATENCY,
)

FIGURES.stood_in(
    *(
        stand_in
        for figure in list(FIGURES.values())
        if figure.rests_on == figure.name
        for stand_in in _standing_in(figure)
    )
)

# Of one file on one CPU, every mode of eight networks gave the same bits in every way.
FIGURES.repeated(
    Figure(
        "repeat_difference",
        "Change of the same image, run again",
        "higher",
        7,
        gate=Gate.BEHAVIOUR,
        tolerance=Tolerance(0.0, 0.0),
    ),
)

# FP32 and INT8 in QDQ form gave the same bits in any batch, dynamic INT8 lay 0.018 … 0.034 apart
# (the embedded families, and each alone, onnxruntime 1.32, AVX512-VNNI).
FIGURES.repeated(
    Figure(
        "batch_difference",
        "Distance to the same faces in other batches",
        "higher",
        5,
        gate=Gate.BEHAVIOUR,
        tolerance=Tolerance(0.001, 0.005),
        most=4.0,
    ),
)

FIGURES.observed(
    _of_pairs("fta", "Failure to acquire (FTA)", "higher", 5, is_share=True),
    _of_pairs("frr_at_far_1e-3", "FRR@FAR=1e-3, faces not found included", "higher", is_share=True),
    _of_artifact(
        "quantized_share", "Share of claimed arithmetic quantized", "lower", 4, is_share=True
    ),
    _of_artifact(
        "float_weights", "Weights in float before a QuantizeLinear", "higher", 0, of_fp32=True
    ),
    _of_fidelity(
        "score_change_99th_percentile",
        "Change of a pair's cosine, 99th percentile",
        "higher",
        5,
        most=2.0,
        of_fp32=True,
    ),
    *_near_fp32("unoptimised", "graph not optimised"),
    *_near_fp32("sampled", "the same faces as run"),
    *_near_fp32("basic", "graph optimised at the basic level"),
    *_near_fp32("unoptimised_fp32", "FP32's graph not optimised"),
    _of_placement("nodes", "Nodes", "either", 0),
    _of_placement("nodes_elsewhere", "Nodes elsewhere", "higher", 0),
    _of_placement("nodes_fallen_back", "Nodes fallen back", "higher", 0),
    _of_placement("kernels", "Kernels run", "either", 0),
    _of_placement("kernels_elsewhere", "Kernels elsewhere", "higher", 0),
    _of_placement("time_elsewhere", "Share of time elsewhere", "higher", 3, most=1.0),
    _of_placement("memory_copies", "Memory copies between devices", "higher", 0),
    *OBSERVED_OF_LATENCY,
)


def impossible(values: Mapping[str, float | Sequence[float]]) -> tuple[str, float, str] | None:
    """The first figure, or sample of one, that is what it can never be: its name, it, and why."""
    for name, held in values.items():
        figure = FIGURES.get(name)
        for value in held if isinstance(held, Sequence) else [held]:
            if figure and (why := figure.impossible(value)):
                return name, value, why
    return None
