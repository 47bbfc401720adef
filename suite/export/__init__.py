"""Checkpoints of the full-size families made ONNX files; needs PyTorch, the extra ``export``."""

from suite.export.architectures import ARCHITECTURES, FullSize
from suite.export.checkpoint import load_checkpoint
from suite.export.exporter import export_checkpoint, to_onnx

__all__ = ["ARCHITECTURES", "FullSize", "export_checkpoint", "load_checkpoint", "to_onnx"]
