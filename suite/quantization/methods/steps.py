"""A network rewritten step by step, each exact one proved on faces, and quantized if asked."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from suite.catalog.errors import ArtifactError
from suite.models.onnx_file import load_whole
from suite.quantization.artifact import Ingredients, StepDone
from suite.quantization.preparation import Prepared
from suite.quantization.probe import Drift, Probe, Rows
from suite.quantization.ranges.calibrate import Calibration
from suite.quantization.sensitivity.choosing import Choosing
from suite.quantization.sensitivity.forms import Forms
from suite.quantization.sensitivity.halves import apart
from suite.quantization.sensitivity.in_float import put_in_float
from suite.quantization.sensitivity.local_error import quantized_units
from suite.quantization.sensitivity.mix import Mixed
from suite.quantization.sensitivity.units import Unit, units_of
from suite.quantization.shapes import Shapes
from suite.quantization.steps.correct_bias import correct_bias
from suite.quantization.steps.equalize import equalize, equalized_tensors
from suite.quantization.steps.expand_prelu import expand_prelu
from suite.quantization.steps.flip_slopes import flip_slopes
from suite.quantization.steps.fold_batch_norm import fold_batch_norm
from suite.quantization.steps.gemm_heads import gemm_heads
from suite.quantization.steps.net import Net
from suite.quantization.steps.plan import quantized_tensors
from suite.quantization.steps.prelu_as_max import prelu_as_max
from suite.quantization.steps.quantize import quantize as quantize_network
from suite.quantization.steps.step import Rewrite, Rewritten
from suite.quantization.steps.tidy import tidy

# The most that a step may change of a unit-length embedding's values, and of its length.
EXACT = 1e-5
# A mean over so many faces is settled; each costs two runs of every layer.
_CORRECTED_ON = 64
_REWRITES: Mapping[str, Rewrite] = {
    "tidy": tidy,
    "gemm_heads": gemm_heads,
    "fold_batch_norm": fold_batch_norm,
    "flip_slopes": flip_slopes,
    "expand_prelu": expand_prelu,
}


def quantize(prepared: Prepared, target: Path, ingredients: Ingredients) -> tuple[StepDone, ...]:
    """Take a recipe's steps and write what comes of them; what each of them did.

    A step that has to be exact and is not is left out.
    """
    work = _Work(prepared, ingredients)
    for step in ingredients.recipe.steps:
        work.take(step)
    work.net.save(target)
    return tuple(work.done)


class _Work:
    """A network on its way through the steps."""

    def __init__(self, prepared: Prepared, ingredients: Ingredients) -> None:
        self.net = Net.of(load_whole(prepared.path))
        self.done: list[StepDone] = []
        self._prepared = prepared
        self._folder = prepared.path.parent
        self._made = ingredients
        self._calibration = Calibration.of(prepared, ingredients)
        self._probe = Probe.of_faces(prepared.path, ingredients)
        self._source: Rows = self._probe.embed(prepared.path)
        # The network in float that was quantized.
        self._reference = self.net

    def take(self, step: str) -> None:
        """Take one step."""
        if step in _REWRITES:
            self._take_exact(step, _REWRITES[step](self.net, self._shapes()))
        elif step == "equalize":
            self._take_exact(step, self._equalized())
        elif step == "prelu_as_max":
            kept = self._made.recipe.keep_float
            self._take_exact(step, prelu_as_max(self.net, self._shapes(), kept))
        elif step == "quantize":
            self._reference = self.net
            self.net = self._quantized(self._calibration)
            self.done.append(StepDone(step, len(self._rounded())))
        elif step == "correct_bias":
            corrected = self._corrected(self.net, self._calibration)
            self.net = corrected.net
            self.done.append(StepDone(step, corrected.places))
        else:
            self._mix()

    def _take_exact(self, step: str, rewritten: Rewritten) -> None:
        if not rewritten.places:
            self.done.append(StepDone(step, 0))
            return
        rewritten.net.prune()
        scratch = self._folder / "step.onnx"
        rewritten.net.save(scratch)
        drift = Drift.between(self._source, self._probe.embed(scratch))
        kept = drift.within(EXACT)
        if kept:
            self.net = rewritten.net
        self.done.append(
            StepDone(step, rewritten.places, drift.difference, drift.norm, left_out=not kept)
        )

    def _equalized(self) -> Rewritten:
        shapes = self._shapes()
        names = equalized_tensors(self.net, shapes)
        seen = self._calibration.observed(self.net, shapes, names)
        return equalize(self.net, shapes, {name: each.peaks for name, each in seen.items()})

    def _rounded(self) -> list[str]:
        """The tensors of which ranges are needed."""
        kept = self._made.recipe.keep_float
        return quantized_tensors(self._reference, self._shapes(self._reference), kept)

    def _quantized(self, calibration: Calibration) -> Net:
        net, recipe = self._reference, self._made.recipe
        shapes = self._shapes(net)
        ranges = calibration.ranges(recipe.calibration_method, net, shapes, self._rounded())
        return quantize_network(
            net,
            shapes,
            ranges,
            keep_float=recipe.keep_float,
            reduce_range=recipe.reduce_range,
        )

    def _corrected(self, net: Net, calibration: Calibration) -> Rewritten:
        faces = calibration.faces(net, _CORRECTED_ON)
        return correct_bias(net, self._reference, faces, self._folder)

    def _mix(self) -> None:
        """Put units back in float: those that were accepted, else as many as the policy needs."""
        accepted = self._made.accepted_float
        known = self._made.accepted_trace
        chosen = self._chosen() if accepted is None else Mixed(accepted, known)
        units = {unit.name: unit for unit in self._units()}
        if missing := [name for name in chosen.units if name not in units]:
            raise ArtifactError(
                f"layer {missing[0]!r} was accepted in float, and the network has no such layer."
            )
        whole = Forms(self._reference, self.net)
        self.net = put_in_float(whole, [units[name] for name in chosen.units])
        self.done.append(
            StepDone(
                "mix",
                len(chosen.units),
                trace=chosen.trace,
                in_float=chosen.units,
                as_accepted=accepted is not None,
            )
        )

    def _units(self) -> list[Unit]:
        return units_of(self._reference, self._shapes(self._reference))

    def _chosen(self) -> Mixed:
        """The units to put back, chosen in a network whose ranges are not of the faces for that."""
        if self._made.calibration is None:
            raise ArtifactError("the step mix needs calibration faces: name a set in the card.")
        first, second = apart(self._made.calibration, self._made.selection)
        calibration = Calibration.of(self._prepared, replace(self._made, calibration=first))
        tried = self._quantized(calibration)
        if "correct_bias" in self._made.recipe.steps:
            tried = self._corrected(tried, calibration).net
        forms = Forms(self._reference, tried)
        every = self._units()
        units = quantized_units(forms, every)
        float_products = sum(unit.products for unit in every if unit not in units)
        made = replace(self._made, calibration=second)
        kept, advance = self._prepared.statistics, self._prepared.advance
        return Choosing(forms, units, self._folder, made, float_products, kept, advance).run()

    def _shapes(self, net: Net | None = None) -> Shapes:
        return (net or self.net).shapes(self._made.preprocess.shape(1), self._made.outputs.input)
