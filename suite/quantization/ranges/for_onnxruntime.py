"""Ranges by histograms, calibrated in flat memory and handed to onnxruntime's quantizer."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from onnx import TensorProto
from onnxruntime.quantization import CalibrationMethod, quantize_static
from onnxruntime.quantization.calibrate import CalibraterBase, TensorData, TensorsData

from suite.models.onnx_file import load_whole
from suite.quantization.ranges.calibrate import Calibration
from suite.quantization.steps.net import Net

_HELD_WHOLE = ("Percentile", "Entropy")


def takes_ranges(method: str) -> bool:
    """Whether onnxruntime is better handed ranges by this method, and can be.

    Its own calibrator holds every value of every image by these. An older one takes no ranges and
    has to.
    """
    return method in _HELD_WHOLE and "calibration_cache_path" in _arguments()


def _arguments() -> Mapping[str, inspect.Parameter]:
    return inspect.signature(quantize_static).parameters


def write_ranges(
    prepared: Path, op_types: Iterable[str], method: str, shape: Sequence[int], by: Calibration
) -> Path | None:
    """Write the ranges of the tensors that onnxruntime calibrates, beside a prepared network.

    Parameters
    ----------
    op_types : the ops that are quantized; none are all
    method : "Percentile" or "Entropy"
    shape : of one image at the input

    Returns
    -------
    a file that ``quantize_static`` takes as its ``calibration_cache_path``; None where a tensor is
    not in FP32, which onnxruntime then calibrates itself
    """
    selector = CalibraterBase(prepared, sorted(op_types) or None)
    tensors, known = selector.select_tensors_to_calibrate(selector.model)
    if any(known[t].type.tensor_type.elem_type != TensorProto.FLOAT for t in tensors):
        return None
    net = Net.of(load_whole(prepared))
    data = {
        name: TensorData(lowest=np.float32(ends.low), highest=np.float32(ends.high))
        for name, ends in by.ranges(method, net, net.shapes(shape), sorted(tensors)).items()
    }
    # Older releases, which take no ranges, have nothing to write them either.
    from onnxruntime.quantization.calibrate import save_tensors_data

    path = prepared.with_name("ranges.json")
    save_tensors_data(TensorsData(CalibrationMethod[method], data), path)
    return path
