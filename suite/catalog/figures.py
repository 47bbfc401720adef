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
    only_worse_fails : whether better than accepted is never a failure
    """

    label: str
    worse: Literal["lower", "higher", "either"]
    digits: int = 4
    relative: bool = False
    only_worse_fails: bool = False


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
    "size_bytes": Metric("Size (bytes)", "higher", 0, relative=True, only_worse_fails=True),
    "quantized_ops": Metric("Quantized ops", "lower", 0),
    "float_ops": Metric("Claimed ops left in float", "higher", 0),
    "tensor": Metric("Preprocessed tensor", "either", 5),
    "size": Metric("Input size", "either", 0),
    "embedding": Metric("FP32 embedding", "either", 5),
    "nodes": Metric("Nodes", "either", 0),
    "nodes_elsewhere": Metric("Nodes elsewhere", "higher", 0),
    "nodes_fallen_back": Metric("Nodes fallen back", "higher", 0),
    "kernels": Metric("Kernels run", "either", 0),
    "kernels_elsewhere": Metric("Kernels elsewhere", "higher", 0),
    "time_elsewhere": Metric("Share of time elsewhere", "higher", 3),
    "memory_copies": Metric("Memory copies between devices", "higher", 0),
    "latency_ms": Metric("Latency, p50 (ms)", "higher", 3),
    "latency_p90_ms": Metric("Latency, p90 (ms)", "higher", 3),
    "latency_p99_ms": Metric("Latency, p99 (ms)", "higher", 3),
    "latency_with_copies_ms": Metric("Latency with host copies (ms)", "higher", 3),
    "latency_fp32_ms": Metric("FP32 latency, p50 (ms)", "higher", 3),
    "speedup": Metric("Speed-up over FP32", "lower", 3, relative=True, only_worse_fails=True),
    "images_per_second": Metric("Images per second", "lower", 1),
    "blocks": Metric("Blocks of sessions", "either", 0),
    "rounds": Metric("Rounds", "either", 0),
    "load_ms": Metric("Load (ms)", "higher", 1),
    "first_run_ms": Metric("First run (ms)", "higher", 1),
    "peak_memory_mib": Metric("Peak host memory (MiB)", "higher", 1),
    "device_memory_mib": Metric("Device memory (MiB)", "higher", 1),
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


# The metrics that are shares of one, or cosines: none can be above 1.
SHARES = tuple(
    name
    for name in METRICS
    if name in ("accuracy", "roc_auc", "eer", "all_pairs_eer", "cosine_mean", "cosine_worst")
    or (("tar_" in name or "far_" in name) and not name.endswith("_threshold"))
)
