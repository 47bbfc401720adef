"""What must be installed and is no dependency: one of onnxruntime's builds."""

import importlib.util

from suite.catalog.errors import SuiteError


def require_onnxruntime() -> None:
    """Raise SuiteError where no build of onnxruntime is installed."""
    if importlib.util.find_spec("onnxruntime") is None:
        raise SuiteError(
            "onnxruntime is not installed; install one of its builds with the suite, as with "
            "pip install 'face-quant-gate[cpu]'."
        )
