"""What each unit in 8 bits loses by itself, all of them in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log10
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from onnx import TensorProto, helper

from suite.catalog.errors import reason_of
from suite.quantization.cpu_sessions import open_net, quiet_options
from suite.quantization.ranges.observe import Batch
from suite.quantization.sensitivity.forms import Forms, UnpairedError
from suite.quantization.sensitivity.twin import Twin
from suite.quantization.sensitivity.units import Unit
from suite.quantization.steps.net import Net

# Where nothing is lost there is no noise to divide by.
NOTHING_LOST_DB = 99.0


def quantized_units(forms: Forms, units: Sequence[Unit]) -> list[Unit]:
    """Those of the units that are in 8 bits in a form that can be told."""
    return [unit for unit in units if _is_quantized(forms, unit)]


def untold_units(forms: Forms, units: Sequence[Unit]) -> list[Unit]:
    """Those of the units of which it cannot be told whether they are in 8 bits."""
    return [unit for unit in units if _is_quantized(forms, unit) is None]


def _is_quantized(forms: Forms, unit: Unit) -> bool | None:
    try:
        return Twin(forms, unit, forms.reference.copy()).is_quantized
    except UnpairedError:
        return None


def signal_to_noise(
    forms: Forms, units: Sequence[Unit], batches: Iterable[Batch], work: Path
) -> dict[str, float]:
    """The signal-to-quantization-noise ratio of what each unit gives, in decibels, by its name.

    10 · log10(Σ y² / Σ (y − ŷ)²) over all values of all images, where ŷ is made in 8 bits of what
    the network in float feeds the unit: what units before it lose does not count. What is rounded
    is computed in float, as the file says, whatever this CPU's kernels make of it.

    Parameters
    ----------
    batches : images by input name
    work : a folder for a scratch file

    Returns
    -------
    those of the units whose form in 8 bits can be told, at most `NOTHING_LOST_DB`

    Raises
    ------
    UnpairedError
        where onnxruntime cannot run nodes of both forms in one network.
    """
    net = forms.reference.copy()
    net.outputs = []
    shown: list[str] = []
    for unit in units:
        try:
            twin = Twin(forms, unit, net)
        except UnpairedError:
            continue
        lost, signal, noise = (net.fresh(f"{unit.name}_{part}") for part in ("lost", "y2", "e2"))
        net.nodes += [
            *twin.nodes,
            helper.make_node("Sub", [unit.output, twin.output], [lost]),
            helper.make_node("ReduceSumSquare", [unit.output], [signal], keepdims=0),
            helper.make_node("ReduceSumSquare", [lost], [noise], keepdims=0),
        ]
        net.outputs += [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in (signal, noise)
        ]
        shown.append(unit.name)
    if not shown:
        return {}
    net.prune()
    try:
        sums = _sums(net, batches, work)
    except Exception as error:  # onnxruntime's own classes derive from Exception alone
        raise UnpairedError(
            f"its layers in 8 bits cannot be run beside the network in float ({reason_of(error)}): "
            "make it of the source, in the source's opset."
        ) from None
    return {
        name: _decibels(signal, noise)
        for name, signal, noise in zip(shown, sums[::2], sums[1::2], strict=True)
    }


def _sums(net: Net, batches: Iterable[Batch], work: Path) -> npt.NDArray[np.float64]:
    """What each output of a network adds up to over all images."""
    options = quiet_options()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = open_net(net, work, options)
    sums = np.zeros(len(net.outputs))
    for batch in batches:
        sums += [float(value) for value in session.run(None, dict(batch))]
    return sums


def _decibels(signal: float, noise: float) -> float:
    if not noise > 0:
        return NOTHING_LOST_DB
    if not signal > 0:
        return -NOTHING_LOST_DB
    return max(-NOTHING_LOST_DB, min(NOTHING_LOST_DB, 10 * log10(signal / noise)))
