"""A checkpoint of a full-size model written as ONNX."""

import argparse
from pathlib import Path
from typing import get_args

from suite.catalog.errors import ModelError
from suite.catalog.source import Architecture


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Read a checkpoint, its architecture and the file to write."""
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("architecture", choices=sorted(get_args(Architecture)))
    parser.add_argument("output", type=Path, metavar="MODEL.onnx")


def run(chosen: argparse.Namespace) -> int:
    """Export what the command line names."""
    try:
        from suite.export import export_checkpoint
    except ImportError as error:
        raise ModelError(
            where=chosen.checkpoint,
            what=f"exporting it needs PyTorch ({error}): pip install 'face-quant-gate[export]'.",
        ) from None
    difference = export_checkpoint(chosen.checkpoint, chosen.architecture, chosen.output)
    print(f"{chosen.output}: differs from PyTorch by {difference:.1g} at most")
    return 0
