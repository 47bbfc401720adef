"""Fidelity: how near the quantized embeddings are to FP32's, image by image."""

from suite.catalog.gate import Gate, Section
from suite.gates.case_work import CaseWork
from suite.judging.measured import Measured
from suite.verification.errors import VerificationError
from suite.verification.fidelity import fidelity


def measure_fidelity(work: CaseWork, dataset_id: str) -> Measured:
    """The mean and the worst cosine between FP32's and the mode's embeddings."""
    figures: dict[str, float] = {}
    problem = None
    try:
        near = fidelity(work.fp32.embeddings(dataset_id), work.embeddings(dataset_id))
        figures = {"cosine_mean": near.cosine_mean, "cosine_worst": near.cosine_worst}
    except VerificationError as error:
        problem = str(error)
    return Measured(
        section=str(Section(Gate.FIDELITY, dataset_id)),
        identity=work.identity(dataset_id),
        figures=figures,
        problem=problem,
    )
