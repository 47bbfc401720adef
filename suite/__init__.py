"""A regression suite for quantized face-recognition models, run by pytest."""

__version__ = "0.1.0"
