"""``python -m suite.export``: a checkpoint written as ONNX."""

import argparse
import sys
from pathlib import Path

from suite.catalog.errors import SuiteError

try:
    from suite.export import ARCHITECTURES, export_checkpoint
except ImportError as error:
    sys.exit(f"exporting needs PyTorch ({error}): pip install 'face-quant-gate[export]'")


def main() -> int:
    """Export what the command line names; 1 where it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m suite.export", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("architecture", choices=sorted(ARCHITECTURES))
    parser.add_argument("output", type=Path, metavar="MODEL.onnx")
    chosen = parser.parse_args()
    try:
        difference = export_checkpoint(chosen.checkpoint, chosen.architecture, chosen.output)
    except SuiteError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{chosen.output}: differs from PyTorch by {difference:.1g} at most")
    return 0


if __name__ == "__main__":
    sys.exit(main())
