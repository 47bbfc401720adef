"""Where a run happens: versions, CPU, profile, threads."""

import functools
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from suite import __version__
from suite.quantization.artifacts import onnxruntime_version
from suite.records import Environment
from suite.runtime.profile import cpu_name, device_name
from suite.selection import Selection

_SHOWN = ("onnx", "numpy", "pytest", "syrupy", "pytest-benchmark")
_OPENCV = ("opencv-python-headless", "opencv-python")


@functools.cache
def versions() -> dict[str, str]:
    """Versions of the libraries that figures depend on."""
    found = {"onnxruntime": onnxruntime_version()}
    for name in (*_SHOWN, *_OPENCV):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def describe(selection: Selection, command: str, profile: str, workers: int = 0) -> Environment:
    """This run's environment."""
    provider = selection.catalog.providers[selection.provider]
    return Environment(
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        suite=__version__,
        catalog=str(selection.catalog.baselines.parent),
        provider=provider.id,
        profile=profile,
        cpu=cpu_name(),
        device=device_name(provider),
        cores=os.cpu_count() or 0,
        threads_embedding=provider.threads.embedding,
        threads_latency=provider.threads.latency,
        platform=platform.platform(),
        python=platform.python_version(),
        versions=versions(),
        workers=workers,
    )
