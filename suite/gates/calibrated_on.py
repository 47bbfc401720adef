"""What an artifact was calibrated on, and how that is unlike what is evaluated."""

from suite.datasets.face_set import FaceSet
from suite.datasets.looks import unlike_in_words
from suite.gates.case_work import CaseWork
from suite.gates.description import alignment_in_words
from suite.judging.measured import Calibration

# Fewer faces than these give other ranges with each draw.
_FEW = 32


def calibration_faces(work: CaseWork) -> FaceSet | None:
    """The faces that a case's artifact was calibrated on; None where it was on none of ours."""
    if work.artifact.brought or not work.ingredients.recipe.needs_calibration:
        return None
    return work.ingredients.calibration


def few_in_words(faces: FaceSet) -> str | None:
    """That a calibration set is too small to trust its ranges; None where it is not."""
    count = len(faces.faces)
    if count >= _FEW:
        return None
    return (
        f"calibration set {faces.id!r} has {count:,} distinct images: ranges of activations from "
        "so few are chance; give some hundreds, of many people"
    )


def calibrated_on(work: CaseWork) -> Calibration | None:
    """What a case's artifact was calibrated on, for the report."""
    faces = calibration_faces(work)
    if faces is None:
        return None
    card, looks = work.bench.catalog.datasets[faces.id], work.bench.looks(faces.id)
    place = "file" if card.kind == "bin" else "folder"
    return Calibration(
        dataset=card.id,
        place=f"{place} {card.named_files()[place]}",
        images=len(faces.faces),
        people=faces.person_count,
        size=looks.size_in_words() if looks else "",
        colour=looks.colour_in_words() if looks else "",
        alignment=alignment_in_words(card, looks, work.model.preprocess),
    )


def calibration_said(work: CaseWork) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What there is to doubt of a case's calibration faces, and to say: what was left out."""
    faces = calibration_faces(work)
    if faces is None:
        return (), ()
    looks = work.bench.looks(faces.id)
    unlike = [unlike_in_words(looks, work.bench.looks(each)) for each in work.model.evaluation]
    few = few_in_words(faces)
    left_out = tuple(f"calibration set {faces.id!r}: {remark}" for remark in faces.remarks)
    return tuple(filter(None, (few, *unlike))), left_out
