"""What each unit of a quantized network costs: cosine to FP32, and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path

import numpy as np
import onnxruntime as ort

from suite.quantization.advance import Advance, unseen
from suite.quantization.artifact import Ingredients
from suite.quantization.calibration import face_reader
from suite.quantization.cpu_sessions import quiet_options
from suite.quantization.probe import Probe, Rows
from suite.quantization.ranges.kept import Kept
from suite.quantization.sensitivity.forms import Forms, UnpairedError
from suite.quantization.sensitivity.in_float import in_float
from suite.quantization.sensitivity.kernel_time import float_milliseconds, integer_milliseconds
from suite.quantization.sensitivity.local_error import (
    quantized_units,
    signal_to_noise,
    untold_units,
)
from suite.quantization.sensitivity.twin import alone_quantized
from suite.quantization.sensitivity.units import Unit
from suite.quantization.steps.net import Net
from suite.verification.scores import cosines

LEVELS = ort.GraphOptimizationLevel


@dataclass(frozen=True)
class UnitCost:
    """What one unit costs in 8 bits; losses are 1 − the mean cosine to FP32 over the images.

    Attributes
    ----------
    name : of the layer's node in the network that was quantized
    share : of the multiply-accumulates of all units
    sqnr_db : signal-to-quantization-noise ratio of what it gives, by itself, in decibels
    alone : the loss with it alone in 8 bits, computed as the file says
    alone_as_run : likewise by this CPU's kernels
    in_float : the loss of the quantized network with it alone in float
    gain_error : the standard error over the images of what that gains; None of one image
    integer_ms, float_ms : what its kernels take of one run at batch 1 on one thread
    """

    name: str
    share: float
    sqnr_db: float
    alone: float
    alone_as_run: float
    in_float: float
    gain_error: float | None
    integer_ms: float
    float_ms: float


@dataclass(frozen=True)
class Costs:
    """What the units of a quantized network cost.

    Attributes
    ----------
    loss : 1 − the mean cosine of the quantized network to FP32, as run
    units : those that are in 8 bits, in the order of the network
    in_float : the names of those that are in float
    untold : the names of those of which that cannot be told
    """

    loss: float
    units: tuple[UnitCost, ...]
    in_float: tuple[str, ...]
    untold: tuple[str, ...]


@dataclass(frozen=True)
class Selection:
    """Images on which units are weighed.

    Attributes
    ----------
    probe : the images, batch by batch, and the outputs that are taken
    input_name : the network's image input
    work : a folder for scratch files
    kept : what was weighed before; None keeps nothing
    """

    probe: Probe
    input_name: str
    work: Path
    kept: Kept | None = None

    @classmethod
    def of(
        cls, net: Net, made: Ingredients, most: int, work: Path, kept: Kept | None = None
    ) -> Selection:
        """Of so many of the calibration faces of some ingredients, as a network is fed them.

        Raises
        ------
        ArtifactError
            where there are none, or the network's image input is not to be told.
        """
        batches = list(iter(face_reader(net.inputs, made, most).get_next, None))
        name = next(iter(batches[0]))
        images = [batch[name] for batch in batches]
        probe = Probe(images, made.outputs, made.flip, made.preprocess.layout)
        return cls(probe, name, work, kept)

    def lost(self, fp32: Rows, net: Net, *, optimised: bool = True) -> Rows:
        """1 − the cosine of a network's embedding to FP32's, image by image: float64 [n]."""
        return np.asarray(1 - cosines(fp32, self.embed(net, optimised=optimised)), np.float64)

    def embed(self, net: Net, *, optimised: bool = True) -> Rows:
        """A network's embeddings of the images, as `Probe.embed`."""
        options = quiet_options()
        options.graph_optimization_level = (
            LEVELS.ORT_ENABLE_ALL if optimised else LEVELS.ORT_DISABLE_ALL
        )
        path = self.work / "tried.onnx"
        net.save(path)
        return self.probe.embed(path, options)


def costs_of(
    forms: Forms, units: Sequence[Unit], selection: Selection, advance: Advance = unseen
) -> Costs:
    """Weigh each unit of a network that is in 8 bits.

    Parameters
    ----------
    units : of the network in float
    advance : called with the units weighed and their count

    Raises
    ------
    UnpairedError
        where there is none, or none is in 8 bits in a form that can be told.
    """
    if not units:
        raise UnpairedError("the network has no layer that multiplies by weights: none is weighed.")
    quantized = quantized_units(forms, units)
    if not quantized:
        raise UnpairedError(
            "no layer of it can be told in 8 bits from the network in float: it must keep the "
            "names of its tensors or nodes, and be in QDQ form or dynamic INT8."
        )
    fp32 = selection.embed(forms.reference)
    batches = [{selection.input_name: batch} for batch in selection.probe.batches]
    one = {selection.input_name: selection.probe.batches[0][:1]}
    noise = signal_to_noise(forms, quantized, batches, selection.work)
    in_integers = integer_milliseconds(forms, quantized, one, selection.work)
    in_floats = float_milliseconds(forms.reference, quantized, one, selection.work)
    products = sum(unit.products for unit in units) or 1
    pair = {"reference": forms.reference.digest(), "quantized": forms.quantized.digest()}
    whole = selection.lost(fp32, forms.quantized)
    found: list[UnitCost] = []
    for unit in quantized:
        alone, as_run, kept, error = _losses(forms, unit, selection, fp32, whole, pair)
        found.append(
            UnitCost(
                name=unit.name,
                share=unit.products / products,
                sqnr_db=noise[unit.name],
                alone=alone,
                alone_as_run=as_run,
                in_float=kept,
                gain_error=error,
                integer_ms=in_integers[unit.name],
                float_ms=in_floats[unit.name],
            )
        )
        advance(len(found), len(quantized))
    untold = untold_units(forms, units)
    stay = tuple(unit.name for unit in units if unit not in quantized and unit not in untold)
    return Costs(float(whole.mean()), tuple(found), stay, tuple(unit.name for unit in untold))


def _losses(
    forms: Forms, unit: Unit, selection: Selection, fp32: Rows, whole: Rows, pair: dict[str, str]
) -> tuple[float, float, float, float | None]:
    def weigh() -> dict[str, np.ndarray]:
        alone = alone_quantized(forms, unit)
        kept = selection.lost(fp32, in_float(forms, unit))
        gains = whole - kept
        figures = (
            selection.lost(fp32, alone, optimised=False).mean(),
            selection.lost(fp32, alone).mean(),
            kept.mean(),
            gains.std(ddof=1) / len(gains) ** 0.5 if len(gains) > 1 else nan,
        )
        return {"losses": np.array(figures)}

    if selection.kept is None:
        figures = weigh()["losses"]
    else:
        of = {**pair, "unit": unit.name, "of": "losses and error"}
        figures = selection.kept.get(of, weigh)["losses"]
    alone, as_run, in_floats, error = map(float, figures)
    return alone, as_run, in_floats, None if isnan(error) else error
