"""A checkpoint of a full-size model written as ONNX."""

import argparse
from pathlib import Path
from typing import get_args

from suite.catalog.source import Architecture
from suite.models.weights.checkpoint import exporter


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Read a checkpoint, its architecture and the file to write."""
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("architecture", choices=sorted(get_args(Architecture)))
    parser.add_argument("output", type=Path, metavar="MODEL.onnx")


def run(chosen: argparse.Namespace) -> int:
    """Export what the command line names."""
    export = exporter(chosen.checkpoint)
    difference = export(chosen.checkpoint, chosen.architecture, chosen.output)
    print(f"{chosen.output}: differs from PyTorch by {difference:.1g} at most")
    return 0
