"""What costs a mode its cosine to FP32: its recipe, this runtime's graph optimiser, or this CPU.

A graph in QDQ form that is not optimised runs as its recipe says, in float: Q and DQ round, and
every op between them is FP32's. Optimised, onnxruntime fuses them into ops of integers, and
computes these as this CPU can.
"""

from dataclasses import dataclass

import numpy as np
import onnxruntime as ort

from suite.catalog.errors import SuiteError
from suite.catalog.limits import Limits
from suite.gates.case_work import CaseWork, Embeddings
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.measured import LossSplit, Measured
from suite.judging.outcome import Outcome
from suite.models.arithmetic import DENSE_OPS
from suite.models.graph import all_nodes
from suite.models.onnx_file import load_graph
from suite.runtime.exactness import multiplies_exactly, sums_exactly
from suite.runtime.sessions import BASIC, NONE
from suite.verification.errors import VerificationError
from suite.verification.fidelity import FidelityFigures, fidelity
from suite.verification.scores import cosines

FACES = 64
OPTIMISER = "this runtime's graph optimiser"
OPTIMISED_FP32 = f"{OPTIMISER}, of FP32 itself,"
FUSION = f"{OPTIMISER}, as it fuses ops of integers,"
KERNELS = "this CPU's integer arithmetic, which saturates,"
WRONG = "this onnxruntime, whose products of unsigned integers are wrong on this CPU,"


@dataclass(frozen=True)
class _Sample:
    """Some faces of a set by their positions, and FP32's embeddings of them."""

    work: CaseWork
    dataset_id: str
    chosen: tuple[int, ...]
    fp32: Embeddings

    def near(self, level: ort.GraphOptimizationLevel, work: CaseWork) -> FidelityFigures:
        """How near to FP32 as run a network is that is optimised as far as that level."""
        every = self.work.bench.dataset(self.dataset_id).faces
        faces = tuple(every[index] for index in self.chosen)
        label = f"{work.model.id} {work.mode.id} {self.dataset_id}: embedding, less optimised"
        return fidelity(self.fp32, work.embed(faces, label, level=level))


def split_loss(work: CaseWork, measured: Measured, kept: np.ndarray, dataset_id: str) -> Measured:
    """A measurement of fidelity with what the recipe costs of the cosine, and what this runtime.

    Parameters
    ----------
    measured : the fidelity of the mode on all faces
    kept : bool [faces], those that FP32 gives an embedding
    """
    kinds = {node.op_type for node in all_nodes(load_graph(work.artifact.file.path))}
    reason = _why_not(work, kinds)
    if reason:
        split = LossSplit(reason=reason, culprit=_wrong_products(work, kinds))
        return measured.model_copy(update={"split": split})
    reference, rows = work.fp32.embeddings(dataset_id), work.embeddings(dataset_id)
    chosen = _choose(reference, rows, kept)
    sample = _Sample(work, dataset_id, tuple(map(int, chosen)), reference[chosen])
    try:
        recipe = sample.near(NONE, work)
        as_run = fidelity(sample.fp32, rows[chosen])
        observed = {**_named("unoptimised", recipe), **_named("sampled", as_run)}
        culprit = ""
        if _is_looked_into(measured, recipe, as_run, work.limits(dataset_id)):
            more, culprit = _culprit(sample, recipe, as_run)
            observed |= more
    except (SuiteError, VerificationError) as error:
        reason = f"less optimised it does not run: {error}".rstrip(".")
        return measured.model_copy(update={"split": LossSplit(reason=reason)})
    split = LossSplit(faces=len(chosen), culprit=culprit)
    observed = {**measured.observed, **observed}
    return measured.model_copy(update={"observed": observed, "split": split})


def _why_not(work: CaseWork, kinds: set[str]) -> str:
    """Why nothing can be told apart; empty where it can."""
    provider = work.bench.provider
    if not provider.on_cpu_kernels:
        return f"{provider.id} rewrites and computes the graph in its own way"
    integers = sorted(kind for kind in kinds & set(DENSE_OPS) if DENSE_OPS[kind].in_integers)
    if integers:
        return f"the file has {', '.join(integers)}, which run in integers however it is optimised"
    return ""


def _wrong_products(work: CaseWork, kinds: set[str]) -> str:
    """The runtime, where it multiplies integers of this file otherwise than they are."""
    concerned = work.bench.provider.on_cpu_kernels and "ConvInteger" in kinds
    return WRONG if concerned and not multiplies_exactly() else ""


def _choose(reference: Embeddings, rows: Embeddings, kept: np.ndarray) -> np.ndarray:
    """The positions of the face that is farthest from FP32, and of others spread over the set."""
    usable = np.flatnonzero(kept)
    farthest = usable[np.argmin(cosines(reference[usable], rows[usable]))]
    others = usable[usable != farthest]
    spread = np.linspace(0, len(others) - 1, min(len(others), FACES - 1)).astype(int)
    return np.sort([*others[spread], farthest])


def _named(prefix: str, near: FidelityFigures) -> dict[str, float]:
    return {
        f"{prefix}_cosine_mean": near.cosine_mean,
        f"{prefix}_cosine_worst": near.cosine_worst,
    }


def _is_looked_into(
    measured: Measured, recipe: FidelityFigures, as_run: FidelityFigures, limits: Limits
) -> bool:
    """Whether to ask who loses it: the policy is broken, or the runtime loses more than jitter."""
    if judge_against_fp32(measured, limits.policy).outcome is Outcome.FAIL:
        return True
    lost = {
        "cosine_mean": (1 - recipe.cosine_mean, recipe.cosine_mean - as_run.cosine_mean),
        "cosine_worst": (1 - recipe.cosine_worst, recipe.cosine_worst - as_run.cosine_worst),
    }
    return any(
        runtime > max(by_recipe, limits.tolerances[name])
        for name, (by_recipe, runtime) in lost.items()
    )


def _culprit(
    sample: _Sample, recipe: FidelityFigures, as_run: FidelityFigures
) -> tuple[dict[str, float], str]:
    """The figures that tell who loses most, and its name; empty where the recipe does."""
    fp32 = sample.near(NONE, sample.work.fp32)
    observed = _named("unoptimised_fp32", fp32)
    lost = 1 - as_run.cosine_mean
    if 1 - fp32.cosine_mean > lost / 2:
        return observed, OPTIMISED_FP32
    by_runtime = recipe.cosine_mean - as_run.cosine_mean
    if by_runtime <= lost / 2:
        return observed, ""
    basic = sample.near(BASIC, sample.work)
    observed |= _named("basic", basic)
    if recipe.cosine_mean - basic.cosine_mean > by_runtime / 2:
        return observed, OPTIMISER
    return observed, FUSION if sums_exactly() else KERNELS
