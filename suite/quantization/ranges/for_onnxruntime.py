"""Ranges by histograms, calibrated in flat memory and handed to onnxruntime's quantizer."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
from onnx import TensorProto
from onnxruntime.quantization import CalibrationMethod, quantize_static
from onnxruntime.quantization.calibrate import (
    CalibraterBase,
    TensorData,
    TensorsData,
    save_tensors_data,
)

from suite.models.onnx_file import load_whole
from suite.quantization.ranges.histogram import BINS, Histogram, entropy, histograms, percentile
from suite.quantization.ranges.observe import Batch, observe
from suite.quantization.ranges.range import Range
from suite.quantization.shapes import Shapes
from suite.quantization.steps.net import Net

_CHOICES: Mapping[str, Callable[[Mapping[str, Histogram]], dict[str, Range]]] = {
    "Percentile": percentile,
    "Entropy": entropy,
}


def takes_ranges(method: str) -> bool:
    """Whether onnxruntime is better handed ranges by this method, and can be.

    Its own calibrator holds every value of every image by these. Older than 1.27 or so, it takes
    no ranges and has to.
    """
    return method in _CHOICES and "calibration_cache_path" in _arguments()


def _arguments() -> Mapping[str, inspect.Parameter]:
    return inspect.signature(quantize_static).parameters


def write_ranges(
    prepared: Path,
    op_types: Iterable[str],
    method: str,
    shapes_of: Callable[[Net], Shapes],
    faces: Callable[[Net], Iterable[Batch]],
    images: int,
) -> Path | None:
    """Write the ranges of the tensors that onnxruntime calibrates, beside a prepared network.

    Parameters
    ----------
    op_types : the ops that are quantized; none are all
    method : "Percentile" or "Entropy"
    faces : the batches of images for the network, as often as it is asked

    Returns
    -------
    a file that ``quantize_static`` takes as its ``calibration_cache_path``; None where a tensor is
    not in FP32, which onnxruntime then calibrates itself
    """
    selector = CalibraterBase(prepared, sorted(op_types) or None)
    tensors, known = selector.select_tensors_to_calibrate(selector.model)
    if any(known[t].type.tensor_type.elem_type != TensorProto.FLOAT for t in tensors):
        return None
    net, work, names = Net.of(load_whole(prepared)), prepared.parent, sorted(tensors)
    seen = observe(net, shapes_of(net), names, faces(net), images, work)
    counted = histograms(net, seen, BINS[method], faces(net), work)
    data = {
        name: TensorData(lowest=np.float32(ends.low), highest=np.float32(ends.high))
        for name, ends in _CHOICES[method](counted).items()
    }
    path = work / "ranges.json"
    save_tensors_data(TensorsData(CalibrationMethod[method], data), path)
    return path
