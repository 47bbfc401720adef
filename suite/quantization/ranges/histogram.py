"""Histograms of a network's tensors: a second pass, whose memory does not grow with the images."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from onnx import TensorProto, helper
from onnxruntime.quantization.calibrate import HistogramCollector

from suite.quantization.ranges.observe import Batch, Observed
from suite.quantization.ranges.range import Range
from suite.quantization.steps.net import Net

# As onnxruntime's calibrators have them by default.
BINS = {"Percentile": 2048, "Entropy": 128, "MSE": 2048}
_PERCENTILE = 99.999
_LEVELS = 255


@dataclass(frozen=True)
class Histogram:
    """How often a tensor's values fell into bins of equal width from −top to top.

    Attributes
    ----------
    counts : int64 [bins]
    top : the largest absolute value
    low, high : the least and the greatest value
    """

    counts: npt.NDArray[np.int64]
    top: float
    low: float
    high: float

    @property
    def edges(self) -> npt.NDArray[np.float32]:
        """The bins' edges: float32 [bins + 1]."""
        return np.linspace(-self.top, self.top, len(self.counts) + 1, dtype=np.float32)


def histograms(
    net: Net, seen: Mapping[str, Observed], bins: int, batches: Iterable[Batch], work: Path
) -> dict[str, Histogram]:
    """Count the values of some tensors on batches of images.

    Parameters
    ----------
    seen : the tensors, with their extremes on the same images
    work : a folder for a scratch file
    """
    shown = net.copy()
    given = {value.name for value in shown.inputs}
    shown.outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        for name in seen
        if name not in given
    ]
    shown.prune()
    path = work / "shown.onnx"
    shown.save(path)
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    path.unlink()
    tops = {name: max(abs(float(s.low[0])), abs(float(s.high[0]))) for name, s in seen.items()}
    counts = {name: np.zeros(bins, np.int64) for name in seen}
    asked = [value.name for value in shown.outputs]
    for batch in batches:
        values = {**batch, **dict(zip(asked, session.run(asked, dict(batch)), strict=True))}
        for name, top in tops.items():
            counts[name] += np.histogram(values[name], bins, (-top, top))[0] if top else 0
    return {
        name: Histogram(counts[name], tops[name], float(each.low[0]), float(each.high[0]))
        for name, each in seen.items()
    }


def percentile(found: Mapping[str, Histogram]) -> dict[str, Range]:
    """The range that leaves 0.0005 % of the values beyond each end, as onnxruntime's."""
    return _by_onnxruntime(found, "percentile")


def entropy(found: Mapping[str, Histogram]) -> dict[str, Range]:
    """The range whose 8 bits diverge least from the values' distribution, as onnxruntime's.

    Migacz (2017), 8-bit Inference with TensorRT.
    """
    return _by_onnxruntime(found, "entropy")


def least_error(found: Mapping[str, Histogram]) -> dict[str, Range]:
    """The range whose 8 bits give the least squared error.

    Within it a value is off by step² / 12 on average, beyond it by its squared distance from the
    end. 33 ends are tried from half of the extreme to the extreme itself, first upper ones, then
    lower ones.
    """
    return {name: _least_error(histogram) for name, histogram in found.items()}


def _by_onnxruntime(found: Mapping[str, Histogram], method: str) -> dict[str, Range]:
    collector = HistogramCollector(
        method=method,
        symmetric=False,
        num_bins=0,
        num_quantized_bins=128,
        percentile=_PERCENTILE,
        scenario="same",
    )
    empty = {name for name, histogram in found.items() if not histogram.counts.any()}
    collector.histogram_dict = {
        name: (h.counts, h.edges, np.float32(h.low), np.float32(h.high), np.float32(h.top))
        for name, h in found.items()
        if name not in empty
    }
    with contextlib.redirect_stdout(io.StringIO()):
        ends = getattr(collector, f"compute_{method}")()
    ranges = {
        name: Range(float(low), float(high)).with_zero() for name, (low, high, *_) in ends.items()
    }
    return {name: Range(0.0, 0.0) if name in empty else ranges[name] for name in found}


def _least_error(histogram: Histogram) -> Range:
    edges = histogram.edges.astype(np.float64)
    centres, counts = (edges[1:] + edges[:-1]) / 2, histogram.counts.astype(np.float64)
    low, high = min(histogram.low, 0.0), max(histogram.high, 0.0)

    def error(start: float, end: float) -> float:
        beyond = np.maximum(centres - end, 0) + np.maximum(start - centres, 0)
        inside = counts[beyond == 0].sum()
        return float((counts * beyond**2).sum() + inside * ((end - start) / _LEVELS) ** 2 / 12)

    shares = np.linspace(0.5, 1, 33)
    high = float(min(shares * high, key=lambda end: error(low, end)))
    low = float(min(shares * low, key=lambda start: error(start, high)))
    return Range(low, high)
