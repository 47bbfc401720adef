"""What exports a checkpoint, where PyTorch is installed."""

from collections.abc import Callable
from pathlib import Path

from suite.catalog.errors import ModelError
from suite.catalog.source import Architecture

Export = Callable[[Path, Architecture, Path], float]


def exporter(checkpoint: Path) -> Export:
    """`suite.export.export_checkpoint`, which is imported only here.

    Raises
    ------
    ModelError
        where PyTorch is not installed.
    """
    try:
        from suite.export import export_checkpoint
    except ImportError as error:
        raise ModelError(
            where=checkpoint,
            what=f"exporting it needs PyTorch ({error}): pip install 'face-quant-gate[export]'.",
        ) from None
    return export_checkpoint
