"""A network rewritten step by step, each exact one proved on faces, and quantized if asked."""

from collections.abc import Mapping
from pathlib import Path

from suite.models.onnx_file import load_whole
from suite.quantization.artifact import Ingredients, StepDone
from suite.quantization.preparation import Prepared
from suite.quantization.probe import Drift, Probe, Rows
from suite.quantization.steps.expand_prelu import expand_prelu
from suite.quantization.steps.flip_slopes import flip_slopes
from suite.quantization.steps.fold_batch_norm import fold_batch_norm
from suite.quantization.steps.gemm_heads import gemm_heads
from suite.quantization.steps.net import Net
from suite.quantization.steps.step import Rewrite
from suite.quantization.steps.tidy import tidy

# The most that a step may change of a unit-length embedding's values, and of its length.
EXACT = 1e-5
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
    work = _Work(prepared.path, prepared.path.with_name("step.onnx"), ingredients)
    for step in ingredients.recipe.steps:
        work.take(step)
    work.net.save(target)
    return tuple(work.done)


class _Work:
    """A network on its way through the steps."""

    def __init__(self, prepared: Path, scratch: Path, ingredients: Ingredients) -> None:
        self.net = Net.of(load_whole(prepared))
        self.done: list[StepDone] = []
        self._scratch = scratch
        self._ingredients = ingredients
        self._probe = Probe.of_faces(prepared, ingredients)
        self._source: Rows = self._probe.embed(prepared)

    def take(self, step: str) -> None:
        """Take one step."""
        self._rewrite(step, _REWRITES[step])

    def _rewrite(self, step: str, rewrite: Rewrite) -> None:
        shapes = self.net.shapes(
            self._ingredients.preprocess.shape(1), self._ingredients.outputs.input
        )
        rewritten = rewrite(self.net, shapes)
        if not rewritten.places:
            self.done.append(StepDone(step, 0))
            return
        rewritten.net.prune()
        rewritten.net.save(self._scratch)
        drift = Drift.between(self._source, self._probe.embed(self._scratch))
        kept = drift.within(EXACT)
        if kept:
            self.net = rewritten.net
        self.done.append(
            StepDone(step, rewritten.places, drift.difference, drift.norm, left_out=not kept)
        )
