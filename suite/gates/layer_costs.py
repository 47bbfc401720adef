"""What the layers of a mode's artifact cost, beside the network in float that it was made of."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path

from suite.catalog.errors import ArtifactError
from suite.catalog.mode_card import RecipeSpec
from suite.datasets.face_set import FaceSet
from suite.gates.case_work import CaseWork
from suite.models.onnx_file import load_whole
from suite.quantization.artifact import Artifact, Ingredients
from suite.quantization.calibration import face_reader
from suite.quantization.ranges.kept import Kept
from suite.quantization.recipe import resolve_recipe
from suite.quantization.sensitivity.costs import Costs, Selection, costs_of
from suite.quantization.sensitivity.forms import Forms, UnpairedError
from suite.quantization.sensitivity.halves import apart
from suite.quantization.sensitivity.local_error import quantized_units, signal_to_noise
from suite.quantization.sensitivity.units import Unit, units_of
from suite.quantization.steps.net import Net

# A mean over so many faces orders units; each unit is run on them three times. Large networks get
# fewer: an IR-50 of 54 units takes some ten seconds of two cores a unit on 16.
FACES, LEAST_FACES = 32, 16
_PRODUCTS = 64e9
# What a layer loses by itself is a sum over all values of its output.
FEW_FACES = 8


@dataclass(frozen=True)
class Explained:
    """What the layers of an artifact cost.

    Attributes
    ----------
    artifact_sha256 : of the artifact that was weighed
    calibrated_on, weighed_on : how many faces set its ranges, and how many it was weighed on; None
        of an artifact that was brought
    """

    costs: Costs
    artifact_sha256: str
    calibrated_on: int | None
    weighed_on: int


@dataclass(frozen=True)
class LayersDb:
    """The signal-to-noise ratios of an artifact's layers in decibels, in the network's order."""

    in_8_bits: Mapping[str, float] = field(default_factory=dict)
    in_float: Mapping[str, float] = field(default_factory=dict)


def explain(work: CaseWork) -> Explained:
    """Weigh the layers of a mode's artifact on faces that did not set its ranges.

    Where the model's card names no faces for it, an artifact that is built is built of one half of
    the calibration faces and weighed on the other; one that is brought is weighed on all of them.

    Raises
    ------
    ArtifactError
        where the mode quantizes no layers, or they cannot be told in its artifact.
    """
    faces = work.ingredients.calibration if not work.brought else _calibration(work)
    if faces is None:
        raise ArtifactError(
            "its card names no calibration set, on whose faces layers are weighed: name one."
        )
    if work.brought:
        if work.feeding != work.model.feeding():
            raise ArtifactError(
                where=work.artifact.file.path,
                what="is fed otherwise than the model's source, and its layers cannot be weighed "
                "beside that: bring one with the source's input.",
            )
        artifact, kept, calibrated = work.artifact, work.of_model.selection or faces, None
        forms, units = _brought(work)
    else:
        first, kept = apart(faces, work.of_model.selection)
        made = replace(work.ingredients, calibration=first)
        if not made.recipe.quantizes:
            raise ArtifactError(f"mode {work.mode.id} quantizes no layers: name one in 8 bits.")
        building = f"{work.model.id} {work.mode.id}: building"
        with work.bench.progress.step(building) as advance:
            artifact = work.bench.cache.get(work.of_model.source, made, advance)
        forms, units = _built(work, artifact, made)
        calibrated = len(first.faces) if made.recipe.needs_calibration else None
    label = f"{work.model.id} {work.mode.id}: weighing layers"
    with (
        tempfile.TemporaryDirectory() as folder,
        work.bench.progress.step(label) as advance,
    ):
        most = faces_for(units, mirrored=work.model.flip != "none")
        selection = _selection(work, forms, kept, most, Path(folder))
        costs = costs_of(forms, units, selection, advance)
        weighed = sum(map(len, selection.probe.batches))
    return Explained(costs, artifact.file.sha256, calibrated, weighed)


def layers_db(work: CaseWork) -> LayersDb:
    """The signal-to-noise ratio of each layer of a case's own artifact.

    Measured on a few faces of the calibration set, or of the first evaluation set where there is
    none. Of a layer in float the roundings around it are the noise, or what is wrong with it.

    Raises
    ------
    ArtifactError
        where its layers cannot be told.
    """
    if work.brought:
        forms, units = _brought(work)
    else:
        forms, units = _built(work, work.artifact, work.ingredients)
    found = _noise(work, forms, units)
    quantized = {unit.name for unit in quantized_units(forms, units)}
    return LayersDb(
        {name: value for name, value in found.items() if name in quantized},
        {name: value for name, value in found.items() if name not in quantized},
    )


def _noise(work: CaseWork, forms: Forms, units: Sequence[Unit]) -> dict[str, float]:
    faces = _calibration(work) or work.bench.dataset(work.model.evaluation[0])
    with tempfile.TemporaryDirectory() as folder:
        reader = face_reader(forms.reference.inputs, _fed(work, faces), FEW_FACES)
        found = signal_to_noise(forms, units, iter(reader.get_next, None), Path(folder))
    return {name: round(value, 1) for name, value in found.items()}


def _built(work: CaseWork, artifact: Artifact, made: Ingredients) -> tuple[Forms, list[Unit]]:
    """A built artifact beside the network in float that its recipe quantized."""
    in_float = replace(made, recipe=made.recipe.in_float)
    with work.bench.progress.step(f"{work.model.id} {work.mode.id}: building it in float"):
        reference = work.bench.cache.get(work.of_model.source, in_float)
    forms = Forms(_net(reference.file.path), _net(artifact.file.path))
    return forms, _units(work, forms)


def _calibration(work: CaseWork) -> FaceSet | None:
    named = work.model.calibration
    return work.bench.dataset(named) if named else None


def _net(path: Path) -> Net:
    return Net.of(load_whole(path))


def _units(work: CaseWork, forms: Forms) -> list[Unit]:
    feeding = work.model.feeding()
    shapes = forms.reference.shapes(feeding.spec.shape(1), feeding.outputs.input)
    return units_of(forms.reference, shapes)


def _brought(work: CaseWork) -> tuple[Forms, list[Unit]]:
    """A brought artifact beside that form of its source that it is nearest to.

    It is the one in which most of its layers are told, and of several the one beside which they
    lose least: recipes give layers other weights under the same names.
    """
    quantized = _net(work.artifact.file.path)
    found: list[tuple[int, Forms, list[Unit]]] = []
    for recipe in _recipes(work):
        made = Ingredients(
            work.of_model.source.sha256,
            recipe,
            work.model.preprocess,
            work.model.outputs,
            _calibration(work),
        )
        reference = work.bench.cache.get(work.of_model.source, made)
        forms = Forms(_net(reference.file.path), quantized)
        units = _units(work, forms)
        found.append((len(quantized_units(forms, units)), forms, units))
    most = max((told for told, _, _ in found), default=0)
    if not most:
        raise UnpairedError(
            where=work.artifact.file.path,
            what="no layer of it can be told in 8 bits from the source: it must keep the names of "
            "its tensors or nodes, and be in QDQ form or dynamic INT8.",
        )
    best = [(forms, units) for told, forms, units in found if told == most]
    if len(best) == 1:
        return best[0]
    return max(best, key=lambda each: _usual_db(work, *each))


def _usual_db(work: CaseWork, forms: Forms, units: Sequence[Unit]) -> float:
    try:
        return statistics.median(_noise(work, forms, units).values())
    except UnpairedError:  # said where the layers are asked for
        return -inf


def _recipes(work: CaseWork) -> Iterator[RecipeSpec]:
    """The networks in float that recipes of this catalog quantize, the plainest first."""
    seen: set[tuple[str, ...]] = set()
    for mode in sorted(work.bench.catalog.modes.values(), key=lambda mode: mode.id):
        recipe = resolve_recipe(mode, work.bench.provider, work.bench.profile)
        if recipe is not None and recipe.quantizes and recipe.in_float.steps not in seen:
            seen.add(recipe.in_float.steps)
            yield recipe.in_float


def faces_for(units: Sequence[Unit], *, mirrored: bool) -> int:
    """On how many faces the units of a network are weighed, by its multiply-accumulates.

    Parameters
    ----------
    mirrored : whether a face is run twice, so that half as many are taken
    """
    products = sum(unit.products for unit in units) or 1
    runs = int(min(FACES, max(LEAST_FACES, _PRODUCTS // products)))
    return runs // 2 if mirrored else runs


def _selection(work: CaseWork, forms: Forms, faces: FaceSet, most: int, folder: Path) -> Selection:
    model, statistics = work.model, work.bench.cache.statistics
    images = {
        "faces_sha256": faces.sha256,
        "most": most,
        "preprocess": model.preprocess.hashed(),
        "outputs": model.outputs.model_dump(mode="json"),
        "flip": model.flip,
    }
    fed, kept = _fed(work, faces), Kept(statistics, images)
    return Selection.of(forms.reference, fed, most, folder, kept)


def _fed(work: CaseWork, faces: FaceSet) -> Ingredients:
    """Faces as the model's source is fed them."""
    model = work.model
    return Ingredients(
        work.of_model.source.sha256,
        RecipeSpec(method="none"),
        model.preprocess,
        model.outputs,
        faces,
        flip=model.flip,
    )
