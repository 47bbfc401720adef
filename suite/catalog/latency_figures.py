"""The figures of latency: speed, how fast the core was, and memory."""

import math
from functools import partial

from suite.catalog.figure import Figure, Tolerance
from suite.catalog.gate import Gate

_of_latency = partial(Figure, gate=Gate.LATENCY)

# How many times as long as a loop that never changes: what a ratio of two latencies hides.
_over_probe = partial(
    _of_latency,
    worse="higher",
    digits=3,
    tolerance=Tolerance(0.0, 0.1),
    relative=True,
    only_worse_fails=True,
    drawn="blocks",
    since=4,
)

ACCEPTED_OF_LATENCY = (
    _of_latency(
        "speedup",
        "Speed-up over FP32",
        "lower",
        3,
        tolerance=Tolerance(0.0, 0.07),
        relative=True,
        only_worse_fails=True,
        drawn="blocks",
    ),
    _over_probe("fp32_over_probe", "FP32 latency over the probe loop's"),
    _over_probe("mode_over_probe", "Latency over the probe loop's"),
    # Shown beside both: how fast the core was.
    _of_latency(
        "probe_ms",
        "Probe loop, p50 (ms)",
        "either",
        4,
        unit="ms",
        tolerance=Tolerance(0.0, 0.1),
        relative=True,
        since=4,
    ),
    _of_latency(
        "peak_memory_mib",
        "Peak host memory (MiB)",
        "higher",
        1,
        unit="MiB",
        tolerance=Tolerance(0.0, 0.1),
        relative=True,
        only_worse_fails=True,
        since=4,
    ),
    _of_latency(
        "memory_growth_kib",
        "Growth of memory (KiB a run)",
        "higher",
        3,
        unit="KiB",
        tolerance=Tolerance(0.0, 0.5),
        only_worse_fails=True,
        least=-math.inf,
        since=4,
    ),
)

OBSERVED_OF_LATENCY = (
    _of_latency("latency_ms", "Latency, p50 (ms)", "higher", 3, unit="ms"),
    _of_latency("latency_p90_ms", "Latency, p90 (ms)", "higher", 3, unit="ms"),
    _of_latency("latency_p99_ms", "Latency, p99 (ms)", "higher", 3, unit="ms"),
    _of_latency("latency_with_copies_ms", "Latency with host copies (ms)", "higher", 3, unit="ms"),
    _of_latency("latency_fp32_ms", "FP32 latency, p50 (ms)", "higher", 3, unit="ms"),
    _of_latency("latency_prepared_ms", "fp32_prepared latency, p50 (ms)", "higher", 3, unit="ms"),
    _of_latency("speedup_over_prepared", "Speed-up over fp32_prepared", "lower", 3, drawn="blocks"),
    _of_latency("prepared_speedup", "Speed-up of fp32_prepared", "lower", 3, drawn="blocks"),
    _of_latency("images_per_second", "Images per second", "lower", 1, unit="images/s"),
    _of_latency("blocks", "Blocks of sessions", "either", 0),
    _of_latency("rounds", "Rounds", "either", 0),
    _of_latency("load_ms", "Load (ms)", "higher", 1, unit="ms"),
    _of_latency("first_run_ms", "First run (ms)", "higher", 1, unit="ms"),
    _of_latency("clean_blocks", "Blocks with the core to themselves", "either", 0),
    _of_latency("memory_runs", "Runs behind the growth of memory", "either", 0),
    _of_latency("device_memory_mib", "Device memory (MiB)", "higher", 1, unit="MiB"),
)
