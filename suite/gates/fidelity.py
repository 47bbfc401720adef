"""Fidelity: how near the quantized embeddings are to FP32's, image by image."""

from suite.catalog.gate import Gate, Section
from suite.gates.case_work import CaseWork
from suite.gates.drawn import closeness
from suite.gates.loss_split import split_loss
from suite.judging.measured import Measured
from suite.quantization.sensitivity.nearness import SCORE_CHANGE
from suite.verification.collapse import zero_rows
from suite.verification.errors import VerificationError
from suite.verification.fidelity import fidelity, score_change


def measure_fidelity(work: CaseWork, dataset_id: str) -> Measured:
    """The mean, 1st percentile, worst and spread of the cosines of the mode's embeddings to FP32's.

    Faces that FP32 gives zeros are left out: nothing can be near to those. On some of the others
    the loss is split between the recipe and this runtime.
    """
    found = Measured(
        section=str(Section(Gate.FIDELITY, dataset_id)), identity=work.identity(dataset_id)
    )
    try:
        reference = work.fp32.embeddings(dataset_id)
        kept = ~zero_rows(reference)
        near = fidelity(reference[kept], work.embeddings(dataset_id)[kept])
    except VerificationError as error:
        return found.model_copy(update={"problem": str(error)})
    figures = {"cosine_mean": near.cosine_mean, "cosine_worst": near.cosine_worst}
    observed = {"cosine_1st_percentile": near.cosine_1st_percentile}
    fp32: dict[str, float] = {}
    of_set = work.bench.dataset(dataset_id)
    if len(of_set.left):
        rows = work.comparable(dataset_id)
        observed[SCORE_CHANGE] = score_change(reference, rows, of_set.left, of_set.right)
        fp32[SCORE_CHANGE] = 0.0
    names = [face.name for face, is_kept in zip(of_set.faces, kept, strict=True) if is_kept]
    spread = closeness(near.by_image, names)
    measured = found.model_copy(
        update={"figures": figures, "observed": observed, "fp32": fp32, "closeness": spread}
    )
    return split_loss(work, measured, kept, dataset_id)
