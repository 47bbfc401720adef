"""What figures depend on beside the model and the faces: libraries' versions, and the CPU."""

import functools
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from suite.runtime.profile import cpu_model


def onnxruntime_version() -> str:
    """The version of the onnxruntime in use, whichever of its wheels brought it."""
    import onnxruntime

    return str(onnxruntime.__version__)


def minor_version() -> str:
    """The minor version of the onnxruntime in use, as the sections that depend on it name it."""
    return f"onnxruntime-{'.'.join(onnxruntime_version().split('.')[:2])}"


_SHOWN = ("onnx", "numpy", "pytest", "syrupy", "pytest-benchmark")
_OPENCV = ("opencv-python-headless", "opencv-python")
# Of what is shown, what figures can depend on, by the name that is said of it.
_SUSPECTS = {"onnxruntime": "onnxruntime", "onnx": "onnx", "numpy": "numpy"} | dict.fromkeys(
    _OPENCV, "OpenCV"
)
_SUSPECTS["cpu"] = "CPU"


def other_surroundings(accepted: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What is another than when figures were accepted; empty where nothing is.

    >>> other_surroundings({"onnxruntime": "1.32.0", "pytest": "9"}, {"onnxruntime": "1.24.4"})
    'accepted under onnxruntime 1.32.0, this run has 1.24.4'
    """
    before, after = _suspects(accepted), _suspects(now)
    changed = [name for name in before if name in after and before[name] != after[name]]
    if not changed:
        return ""
    had = ", ".join(f"{name} {before[name]}" for name in changed)
    has = ", ".join(
        after[name] if len(changed) == 1 else f"{name} {after[name]}" for name in changed
    )
    return f"accepted under {had}, this run has {has}"


def _suspects(known: Mapping[str, str]) -> dict[str, str]:
    return {said: known[name] for name, said in _SUSPECTS.items() if name in known}


def depended_on() -> dict[str, str]:
    """What figures can depend on, by the name that is said of it: libraries and the CPU."""
    return _suspects(surroundings())


def surroundings() -> dict[str, str]:
    """What a baseline keeps beside figures, to be named where they are others later."""
    return {**versions(), "cpu": cpu_model()}


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
