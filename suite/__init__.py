"""A regression suite for quantized face-recognition models, run by pytest."""

import os

__version__ = "0.1.0"

# onnxruntime reads it once, as it is imported, and would else report its runs to its maker.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
