"""The metrics: their names, how they read, which way is worse and how they may jitter."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One figure that a gate measures.

    Attributes
    ----------
    label : the metric's name as the report prints it
    worse : which way is worse; ``"either"`` where only a change matters
    digits : digits after the point in tables
    relative : whether its tolerance is a share of the accepted value
    gated_upward_only : whether less than accepted is never a failure
    """

    label: str
    worse: Literal["lower", "higher", "either"]
    digits: int = 4
    relative: bool = False
    gated_upward_only: bool = False


METRICS: dict[str, Metric] = {
    "accuracy": Metric("Accuracy", "lower", 6),
    "accuracy_std": Metric("Accuracy std", "either", 6),
    "accuracy_threshold": Metric("Accuracy threshold", "either", 4),
    "tar_at_far_1e-3": Metric("TAR@FAR=1e-3", "lower", 4),
    "tar_at_far_1e-3_threshold": Metric("TAR@FAR=1e-3 threshold", "either", 4),
    "tar_at_far_1e-4": Metric("TAR@FAR=1e-4", "lower", 4),
    "tar_at_far_1e-4_threshold": Metric("TAR@FAR=1e-4 threshold", "either", 4),
    "all_pairs_tar_at_far_1e-3": Metric("TAR@FAR=1e-3, all pairs", "lower", 4),
    "all_pairs_tar_at_far_1e-3_threshold": Metric(
        "TAR@FAR=1e-3, all pairs, threshold", "either", 4
    ),
    "all_pairs_tar_at_far_1e-4": Metric("TAR@FAR=1e-4, all pairs", "lower", 4),
    "all_pairs_tar_at_far_1e-4_threshold": Metric(
        "TAR@FAR=1e-4, all pairs, threshold", "either", 4
    ),
    "all_pairs_tar_at_far_1e-5": Metric("TAR@FAR=1e-5, all pairs", "lower", 4),
    "all_pairs_tar_at_far_1e-5_threshold": Metric("TAR@FAR=1e-5, all pairs, threshold", "either"),
    "all_pairs_tar_at_far_1e-6": Metric("TAR@FAR=1e-6, all pairs", "lower", 4),
    "all_pairs_tar_at_far_1e-6_threshold": Metric("TAR@FAR=1e-6, all pairs, threshold", "either"),
    "all_pairs_eer": Metric("EER, all pairs", "higher", 5),
    "all_pairs_eer_threshold": Metric("EER, all pairs, threshold", "either", 4),
    "val_at_far_1e-3": Metric("VAL@FAR=1e-3 by folds", "lower", 4),
    "val_far_1e-3": Metric("FAR of VAL by folds", "either", 5),
    "kept_tar_1e-3": Metric("TAR at FP32's threshold", "lower", 4),
    "kept_far_1e-3": Metric("FAR at FP32's threshold", "higher", 5),
    "mixed_tar_1e-3": Metric("FP32 gallery: TAR at FP32's threshold", "lower", 4),
    "mixed_far_1e-3": Metric("FP32 gallery: FAR at FP32's threshold", "higher", 5),
    "mixed_tar_at_far_1e-3": Metric("FP32 gallery: TAR@FAR=1e-3", "lower", 4),
    "roc_auc": Metric("ROC AUC", "lower", 5),
    "eer": Metric("EER", "higher", 5),
    "eer_threshold": Metric("EER threshold", "either", 4),
    "cosine_mean": Metric("Mean cosine to FP32", "lower", 5),
    "cosine_worst": Metric("Worst cosine to FP32", "lower", 5),
    "size_bytes": Metric("Size (bytes)", "higher", 0, relative=True, gated_upward_only=True),
    "quantized_ops": Metric("Quantized ops", "lower", 0),
    "float_ops": Metric("Claimed ops left in float", "higher", 0),
    "tensor": Metric("Preprocessed tensor", "either", 5),
    "size": Metric("Input size", "either", 0),
    "embedding": Metric("FP32 embedding", "either", 5),
    "latency_ms": Metric("Latency (ms)", "higher", 2),
    "latency_fp32_ms": Metric("FP32 latency (ms)", "higher", 2),
    "speedup": Metric("Speed-up over FP32", "lower", 2),
    "images_per_second": Metric("Images per second", "lower", 1),
}

# The metrics that are resampled.
WITH_INTERVAL = (
    "accuracy",
    "roc_auc",
    "eer",
    "tar_at_far_1e-3",
    "tar_at_far_1e-4",
    "all_pairs_tar_at_far_1e-3",
    "all_pairs_tar_at_far_1e-4",
    "kept_tar_1e-3",
    "kept_far_1e-3",
    "mixed_tar_1e-3",
    "mixed_far_1e-3",
    "mixed_tar_at_far_1e-3",
)
