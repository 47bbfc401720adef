"""The versions of the libraries that figures depend on."""

import functools
from importlib.metadata import PackageNotFoundError, version


def onnxruntime_version() -> str:
    """The version of the onnxruntime in use, whichever of its wheels brought it."""
    import onnxruntime

    return str(onnxruntime.__version__)


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
