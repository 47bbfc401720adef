"""Verification: the figures of a set's pairs, how sure they are, and FP32's in the same run."""

from collections.abc import Mapping

from suite.catalog.gate import Gate, Section
from suite.catalog.model_card import ReferenceRow
from suite.catalog.preprocess import PreprocessSpec
from suite.catalog.published import is_below, is_far_below
from suite.datasets.face import Face
from suite.gates.accepted_thresholds import accepted_thresholds
from suite.gates.acquired import failures_in_words, with_failures_to_acquire
from suite.gates.case_work import CaseWork, Embeddings
from suite.gates.description import dataset_in_words
from suite.gates.diagnosis import NO_CAUSE, explain_accuracy, find_yunet
from suite.gates.drawn import drawn
from suite.gates.recogniser import left_out, no_recogniser
from suite.gates.settings import Trial, below_in_words
from suite.gates.uncertainty import flips, uncertainty
from suite.judging.measured import Measured, ReferenceFigures
from suite.runtime.embedding import embed
from suite.verification.errors import VerificationError

_UNTRAINED = (
    "its card says untrained = true: its weights are made, so no figure says how well it recognises"
)


def measure_verification(work: CaseWork, dataset_id: str) -> Measured:
    """The figures of the case on a set; a quantized one's with those of FP32."""
    blank = Measured(
        section=str(Section(Gate.VERIFICATION, dataset_id)), identity=work.identity(dataset_id)
    )
    try:
        found = _of_fp32 if work.mode.is_fp32 else _of_quantized
        return found(work, dataset_id, blank)
    except VerificationError as error:
        return blank.model_copy(update={"problem": str(error)})


def _of_fp32(work: CaseWork, dataset_id: str, blank: Measured) -> Measured:
    evidence = work.evidence(dataset_id)
    faces = work.bench.dataset(dataset_id)
    card = work.bench.catalog.datasets[dataset_id]
    looks = work.bench.looks(dataset_id)
    rows = work.embeddings(dataset_id)
    untrained = (_UNTRAINED,) if work.model.untrained else ()
    return blank.model_copy(
        update={
            "figures": dict(evidence.figures),
            "observed": with_failures_to_acquire(faces, evidence),
            "uncertainty": uncertainty(work.bench.evaluator(dataset_id).units, evidence),
            **drawn(faces, evidence, accepted=accepted_thresholds(work, dataset_id)),
            "quanta": dict(evidence.quanta),
            "doubts": _doubts(work, dataset_id, evidence.figures),
            "remarks": (
                *faces.remarks,
                *failures_in_words(faces, evidence),
                *left_out(rows),
                *evidence.left_out,
                *untrained,
            ),
            "described": (dataset_in_words(card, faces, looks, work.model.preprocess),),
            "beside": _beside(work, dataset_id),
            "problem": no_recogniser(
                work.model, faces, rows, evidence.figures["roc_auc"], evidence.figures["accuracy"]
            ),
        }
    )


def _of_quantized(work: CaseWork, dataset_id: str, blank: Measured) -> Measured:
    evidence = work.evidence(dataset_id)
    try:
        fp32 = work.fp32.evidence(dataset_id)
    except VerificationError as error:
        problem = f"FP32 has no figures to compare with: {error}"
        return blank.model_copy(update={"problem": problem})
    evaluator, faces = work.bench.evaluator(dataset_id), work.bench.dataset(dataset_id)
    rows = (work.fp32.embeddings(dataset_id), work.comparable(dataset_id))
    evidence = evidence.joined(evaluator.deploy(*rows, fp32))
    fp32 = fp32.as_deployed()
    return blank.model_copy(
        update={
            "figures": dict(evidence.figures),
            "observed": with_failures_to_acquire(faces, evidence),
            "fp32": {**fp32.figures, **with_failures_to_acquire(faces, fp32)},
            "uncertainty": uncertainty(evaluator.units, evidence, fp32),
            "flips": flips(faces, evidence, fp32),
            **drawn(faces, evidence, fp32, accepted_thresholds(work, dataset_id)),
            "quanta": dict(evidence.quanta),
            "remarks": (
                *faces.remarks,
                *failures_in_words(faces, evidence),
                *evidence.left_out,
            ),
            "beside": _beside(work, dataset_id),
        }
    )


def _doubts(work: CaseWork, dataset_id: str, figures: Mapping[str, float]) -> tuple[str, ...]:
    """Why FP32 may not be the published model: the usual mistakes, tried."""
    model, bench, accuracy = work.model, work.bench, figures["accuracy"]
    far = is_far_below(model, dataset_id, accuracy)
    if not far and not is_below(model, dataset_id, accuracy):
        return ()

    def embedded(faces: tuple[Face, ...], spec: PreprocessSpec) -> Embeddings:
        fed = spec.model_copy(update={"layout": work.feeding.spec.layout})
        return embed(
            work.session,
            faces,
            fed,
            work.feeding.outputs,
            "none",
            work.batch,
            runs=work.bench.share.runs,
        )

    with bench.progress.step(f"{model.id}: why is FP32 below what is published?"):
        faces, yunet = bench.dataset(dataset_id), find_yunet(bench.catalog)
        said: tuple[str, ...] = ()
        if far:
            said = explain_accuracy(model, faces, accuracy, embedded, yunet)
            if not said[-1].startswith(NO_CAUSE):
                return said
        card = bench.catalog.datasets[dataset_id]
        trial = Trial(card, faces, model.preprocess, embedded, bench.reading(card), yunet)
        return (*(said or (below_in_words(model, accuracy),)), *trial.explain())


def _beside(work: CaseWork, dataset_id: str) -> tuple[ReferenceFigures, ...]:
    """What somebody else measured of the same model, mode and set."""

    def beside(row: ReferenceRow) -> ReferenceFigures:
        not_figures = {"mode", "dataset", "title", "doubts"}
        given = row.model_dump(by_alias=True, exclude_none=True, exclude=not_figures)
        return ReferenceFigures(title=row.title, figures=given, doubts=row.doubts)

    rows = work.model.reference
    return tuple(beside(row) for row in rows if row.shows(work.mode.id, dataset_id))
