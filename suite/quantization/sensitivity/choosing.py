"""Choosing the units that a recipe puts back in float, with what that needs made ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.quantization.artifact import Ingredients
from suite.quantization.calibration import face_reader
from suite.quantization.probe import Probe
from suite.quantization.ranges.observe import Batch
from suite.quantization.sensitivity.costs import Selection
from suite.quantization.sensitivity.forms import Forms
from suite.quantization.sensitivity.kernel_time import float_milliseconds, integer_milliseconds
from suite.quantization.sensitivity.mix import Mixed, mix
from suite.quantization.sensitivity.slower import Timer
from suite.quantization.sensitivity.units import Unit

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
    """

    forms: Forms
    units: Sequence[Unit]
    work: Path
    ingredients: Ingredients

    def run(self) -> Mixed:
        """Choose; as `mix`."""
        made, reference = self.ingredients, self.forms.reference
        batches: list[Batch] = list(
            iter(face_reader(reference.inputs, made, _FACES).get_next, None)
        )
        name = next(iter(batches[0]))
        images = [batch[name] for batch in batches]
        selection = Selection(Probe(images, made.outputs), name, self.work)
        one = {name: images[0]}
        floats = float_milliseconds(reference, self.units, one, self.work)
        integers = integer_milliseconds(self.forms, self.units, one, self.work)
        whole = sum(integers.values()) or 1.0
        costs = {u.name: (floats[u.name] - integers[u.name]) / whole for u in self.units}
        timer = Timer(name, images[0].shape, self.work)
        return mix(self.forms, self.units, selection, made.policy, costs, timer.slower)
