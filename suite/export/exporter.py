"""A PyTorch network written as ONNX, and held against itself."""

import logging
import math
import warnings
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from torch import nn

from suite.catalog.errors import ModelError
from suite.catalog.fresh import fresh_beside
from suite.catalog.source import Architecture
from suite.export.architectures import ARCHITECTURES
from suite.export.checkpoint import load_checkpoint

OPSET = 17
INPUT = "images"
# The largest difference of any output's value that PyTorch and onnxruntime may have.
PARITY = 1e-4
_BATCHES = (1, 3)


def export_checkpoint(checkpoint: Path, architecture: Architecture, target: Path) -> float:
    """Write a checkpoint as ONNX; give back the largest difference to PyTorch.

    Raises
    ------
    ModelError
        where the checkpoint is not one of this architecture, or the ONNX file computes other
        values; then nothing is written.
    """
    shape = ARCHITECTURES[architecture]
    network = load_checkpoint(checkpoint, architecture)
    fresh = fresh_beside(target)
    try:
        to_onnx(network, shape.size_px, shape.outputs, fresh)
        difference = _difference(network, shape.size_px, fresh)
        if not difference <= PARITY:
            if math.isinf(difference):
                raise ModelError(
                    where=checkpoint,
                    what="its network gives values that are not finite; nothing was "
                    "written: get the checkpoint again.",
                )
            raise ModelError(
                where=checkpoint,
                what=f"its ONNX file differs from PyTorch by {difference:.2g}, more than "
                f"{PARITY:g}; nothing was written.",
            )
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return difference


def to_onnx(network: nn.Module, size_px: int, outputs: tuple[str, ...], file: Path) -> None:
    """Write a network in evaluation mode as ONNX: opset 17, input ``images``, a dynamic batch.

    PyTorch's older exporter folds each BatchNorm into the convolution before it, which is the
    graph that users have; the newer one leaves other nodes and other sizes.
    """
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network.to(memory_format=torch.contiguous_format),
            (torch.zeros(2, 3, size_px, size_px),),
            str(file),
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=list(outputs),
            dynamic_axes={axis: {0: "batch"} for axis in (INPUT, *outputs)},
        )


def _difference(network: nn.Module, size_px: int, file: Path) -> float:
    """The largest absolute difference of any output, over seeded images and batch sizes.

    Outputs that are not of unit length are compared relative to their largest value. Infinity
    where either gives a value that is not finite.
    """
    session = ort.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    largest = 0.0
    for batch in _BATCHES:
        rng = np.random.default_rng(batch)
        images = rng.uniform(-1, 1, (batch, 3, size_px, size_px)).astype(np.float32)
        with torch.no_grad():
            results = network(torch.from_numpy(images))
        ours = results if isinstance(results, tuple) else (results,)
        for mine, theirs in zip(ours, session.run(None, {INPUT: images}), strict=True):
            reference = mine.numpy()
            if not (np.isfinite(reference).all() and np.isfinite(theirs).all()):
                return math.inf
            scale = max(1.0, float(np.abs(reference).max()))
            largest = max(largest, float(np.abs(reference - theirs).max()) / scale)
    return largest
