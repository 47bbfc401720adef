"""Fidelity: how near the quantized embeddings are to FP32's, image by image."""

from suite.catalog.gate import Gate, Section
from suite.gates.case_work import CaseWork
from suite.judging.measured import Measured
from suite.verification.collapse import zero_rows
from suite.verification.errors import VerificationError
from suite.verification.fidelity import fidelity


def measure_fidelity(work: CaseWork, dataset_id: str) -> Measured:
    """The mean and the worst cosine between FP32's and the mode's embeddings.

    Faces that FP32 gives zeros are left out: nothing can be near to those.
    """
    figures: dict[str, float] = {}
    problem = None
    try:
        reference = work.fp32.embeddings(dataset_id)
        kept = ~zero_rows(reference)
        near = fidelity(reference[kept], work.embeddings(dataset_id)[kept])
        figures = {"cosine_mean": near.cosine_mean, "cosine_worst": near.cosine_worst}
    except VerificationError as error:
        problem = str(error)
    return Measured(
        section=str(Section(Gate.FIDELITY, dataset_id)),
        identity=work.identity(dataset_id),
        figures=figures,
        problem=problem,
    )
