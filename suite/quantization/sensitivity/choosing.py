"""Choosing the units that a recipe puts back in float, with what that needs made ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from suite.quantization.advance import Advance, unseen
from suite.quantization.artifact import Ingredients
from suite.quantization.ranges.kept import Kept
from suite.quantization.sensitivity.costs import Selection
from suite.quantization.sensitivity.forms import Forms
from suite.quantization.sensitivity.kernel_time import float_milliseconds, integer_milliseconds
from suite.quantization.sensitivity.mix import Mixed, mix
from suite.quantization.sensitivity.slower import Timer
from suite.quantization.sensitivity.units import Unit
from suite.quantization.steps.net import Array, Net
from suite.runtime.profile import cpu_model

# Each candidate is run on them; the 1st percentile of fewer is their worst.
_FACES = 64


@dataclass(frozen=True)
class Choosing:
    """What is chosen from, and for what.

    Attributes
    ----------
    forms : the network in float and in 8 bits
    units : those in 8 bits
    work : a folder for scratch files
    ingredients : with the faces that units are weighed on as their calibration faces, and the
        policy that is to be met
    float_products : multiply-accumulates of the units that are in float already
    statistics : where times are kept, so that the same is chosen again; None keeps nothing
    advance : told how far the search has come
    """

    forms: Forms
    units: Sequence[Unit]
    work: Path
    ingredients: Ingredients
    float_products: int
    statistics: Path | None = None
    advance: Advance = unseen

    def run(self) -> Mixed:
        """Choose; as `mix`."""
        made, reference = self.ingredients, self.forms.reference
        selection = Selection.of(reference, made, _FACES, self.work)
        name, image = selection.input_name, selection.probe.batches[0]
        one = {name: image}
        timer = Timer(one, self.work)

        def weigh() -> Array:
            floats = float_milliseconds(reference, self.units, one, self.work)
            integers = integer_milliseconds(self.forms, self.units, one, self.work)
            whole = sum(integers.values()) or 1.0
            return np.array([(floats[u.name] - integers[u.name]) / whole for u in self.units])

        def slower(first: Net, second: Net) -> float:
            return float(self._kept(first, second, lambda: np.array(timer.slower(first, second))))

        kernels = self._kept(reference, self.forms.quantized, weigh).tolist()
        costs = {unit.name: cost for unit, cost in zip(self.units, kernels, strict=True)}
        return mix(
            *(self.forms, self.units, selection, made.policy, costs, slower),
            float_products=self.float_products,
            advance=self.advance,
        )

    def _kept(self, one: Net, other: Net, time: Callable[[], Array]) -> Array:
        """A time of two networks on this CPU, taken now where it was not yet."""
        if self.statistics is None:
            return time()
        of = {"cpu": cpu_model(), "networks": [one.digest(), other.digest()], "of": "kernels"}
        return Kept(self.statistics, {}).get(of, lambda: {"time": time()})["time"]
