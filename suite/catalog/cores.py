"""The cores that this process may use."""

import os


def own_cores() -> int:
    """How many cores the process may use, which a container or taskset may make fewer."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
