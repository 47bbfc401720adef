"""What the hashes of an identity are of: keys and counts that a reader can compare."""

from suite.catalog.gate import Gate
from suite.datasets.face_set import FaceSet
from suite.gates.case_work import CaseWork
from suite.judging.identity import Fact, Facts


def identified(work: CaseWork, gate: Gate, dataset_id: str | None) -> dict[str, Facts]:
    """The recipe, the calibration, the dataset and the preprocessing of a measurement, by key."""
    identity = work.identity(dataset_id)
    found: dict[str, Facts] = {}
    if gate is not Gate.FINGERPRINT or not work.mode.is_fp32:
        if "recipe" in identity:
            found["recipe"] = _facts(work.ingredients.recipe.hashed())
        if "calibration" in identity and work.ingredients.calibration:
            found["calibration"] = _of_set(work, work.ingredients.calibration)
    if dataset_id:
        found["dataset"] = _of_set(work, work.bench.dataset(dataset_id))
    if work.mode.is_fp32:
        found["preprocess"] = _facts(work.model.preprocess.hashed())
    return found


def _of_set(work: CaseWork, faces: FaceSet) -> Facts:
    card = work.bench.catalog.datasets[faces.id]
    align = getattr(card, "align", None)
    facts: dict[str, Fact] = {
        "set": faces.id,
        "images": len(faces.faces),
        "alignment": align.in_words() if align else "as they are",
    }
    if faces.person_count is not None:
        facts["people"] = faces.person_count
    if len(faces.genuine):
        facts |= {"pairs": len(faces.genuine), "folds": faces.folds}
    return facts


def _facts(values: dict[str, object]) -> Facts:
    """A table's values as facts: a list is its words."""
    return {key: _fact(value) for key, value in sorted(values.items())}


def _fact(value: object) -> Fact:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return value if isinstance(value, bool | int | float | str) else str(value)
