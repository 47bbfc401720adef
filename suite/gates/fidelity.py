"""Fidelity: how near the quantized embeddings are to FP32's, image by image."""

import numpy as np
import numpy.typing as npt

from suite.catalog.gate import Gate, Section
from suite.gates.case_work import CaseWork
from suite.gates.drawn import closeness
from suite.gates.loss_split import split_loss
from suite.gates.origin import origin_of
from suite.judging.image_angles import ImageAngles
from suite.judging.measured import Measured
from suite.quantization.sensitivity.nearness import SCORE_CHANGE
from suite.verification.collapse import zero_rows
from suite.verification.errors import VerificationError
from suite.verification.fidelity import angles, by_tenth, fidelity, score_change, worst_group
from suite.verification.norms import norm_ratio, rank_correlation

# So many images at least, that each tenth has one.
_TENTHS = 10


def measure_fidelity(work: CaseWork, dataset_id: str) -> Measured:
    """How near a mode's embeddings are to FP32's: their cosines, and what became of their lengths.

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
    of_set = work.bench.dataset(dataset_id)
    figures = {
        "cosine_mean": near.cosine_mean,
        "cosine_1st_percentile": near.cosine_1st_percentile,
        "cosine_worst": near.cosine_worst,
    }
    if of_set.people is not None:
        figures["person_cosine_worst"] = worst_group(near.by_image, of_set.people[kept])
    figures |= _of_norms(work, kept, dataset_id)
    observed: dict[str, float] = {}
    fp32: dict[str, float] = {}
    if len(of_set.left):
        rows = work.comparable(dataset_id)
        observed[SCORE_CHANGE] = score_change(reference, rows, of_set.left, of_set.right)
        fp32[SCORE_CHANGE] = 0.0
    names = [face.name for face, is_kept in zip(of_set.faces, kept, strict=True) if is_kept]
    spread = closeness(near.by_image, names)
    measured = found.model_copy(
        update={
            "figures": figures,
            "observed": observed,
            "samples": _by_tenths(work, near.by_image, kept, dataset_id),
            "fp32": fp32,
            "closeness": spread,
            "angles": _angles(work, kept, dataset_id),
            "origin": origin_of(work),
        }
    )
    return split_loss(work, measured, kept, dataset_id)


def _by_tenths(
    work: CaseWork,
    cosines: npt.NDArray[np.float64],
    kept: npt.NDArray[np.bool_],
    dataset_id: str,
) -> dict[str, tuple[float, ...]]:
    """The mean cosine of each tenth of the images, by their looks and by FP32's norms."""
    if len(cosines) < _TENTHS:
        return {}
    traits, norms = work.bench.traits(dataset_id), work.fp32.embedded(dataset_id).norms
    orders = {"brightness": traits.brightness, "sharpness": traits.sharpness, "norm": norms}
    return {f"cosine_by_{name}": by_tenth(cosines, order[kept]) for name, order in orders.items()}


def _angles(work: CaseWork, kept: npt.NDArray[np.bool_], dataset_id: str) -> ImageAngles:
    """The angle of each image to FP32; none where FP32 gives it zeros."""
    people = work.bench.dataset(dataset_id).people
    degrees = angles(work.fp32.embeddings(dataset_id), work.embeddings(dataset_id))
    known = [each if is_kept else None for each, is_kept in zip(degrees, kept, strict=True)]
    return ImageAngles.of(known, () if people is None else people.tolist())


def _of_norms(work: CaseWork, kept: npt.NDArray[np.bool_], dataset_id: str) -> dict[str, float]:
    """Of some of the faces, lengths over FP32's; of AdaFace, whether its norms rank them alike."""
    fp32, mode = work.fp32.embedded(dataset_id), work.embedded(dataset_id)
    ratio = norm_ratio(fp32.norms[kept], mode.norms[kept])
    found = {
        "norm_ratio_mean": ratio.mean,
        "norm_ratio_1st_percentile": ratio.low,
        "norm_ratio_99th_percentile": ratio.high,
    }
    if fp32.quality is not None and mode.quality is not None:
        ranked = rank_correlation(fp32.quality[kept], mode.quality[kept])
        found["quality_correlation"] = ranked
    return found
