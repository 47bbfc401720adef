"""A case with a mutation in it, made of the clean one: what the mutation leaves alone is shared."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.preprocessing import prepare
from suite.gates.case_work import CaseWork
from suite.gates.model_work import ModelWork
from suite.gates.workbench import Workbench
from suite.judging.baselines.store import baselines_of
from suite.models.onnx_file import load_whole, read_onnx_file
from suite.quantization.artifact import Artifact, Ingredients
from suite.quantization.cache import ArtifactCache
from suite.quantization.steps.net import Net
from tests.mutations.clean import Clean
from tests.mutations.interposed import everywhere, interpose, marked
from tests.mutations.mutation import Change, Floats, Pixels, Side

# What a workbench keeps of each set.
_OF_SETS = ("_datasets", "_looks", "_traits", "_evaluators")


@contextmanager
def mutated(clean: Clean, change: Change, side: Side, folder: Path) -> Iterator[CaseWork]:
    """The clean case with a change, in a folder to write to; whatever is patched holds within.

    Raises
    ------
    NotThereError
        where there is nothing to change.
    SuiteError
        where the suite refuses to build it.
    """
    bench = _workbench(clean, change, folder)
    model, mode = clean.work.model, clean.work.mode
    of_model = ModelWork(bench, bench.catalog.models.get(model.id, model))
    bench._held = of_model
    work = of_model.case(bench.catalog.modes[mode.id])
    _set(work, "feeding", marked(clean.work.feeding))
    _share(clean, change, side, work)
    of_fp32 = change.source or (change.network if side is not Side.INT8 else None)
    if of_fp32:
        written = _rewritten(clean.fp32.artifact.file.path, of_fp32, folder / "source.onnx")
        _set(of_model, "source", read_onnx_file(written))
    else:
        _set(of_model, "source", clean.work.of_model.source)
    _set(work, "artifact", _artifact(clean, change, side, work, folder))
    with pytest.MonkeyPatch.context() as patch:
        interpose(patch, change, side, clean.shown)
        yield work


def _workbench(clean: Clean, change: Change, folder: Path) -> Workbench:
    catalog = clean.catalog
    if change.catalog:
        catalog = change.catalog(catalog, clean.work)
    if change.baselines:
        own = folder / "accepted"
        shutil.copytree(baselines_of(clean.catalog), own / "baselines")
        change.baselines(own / "baselines")
        catalog = replace(catalog, folder=own)
    bench = clean.workbench(catalog)
    for kept in _OF_SETS:
        getattr(bench, kept).update(getattr(clean.bench, kept))
    if change.evaluation:
        for name in clean.work.model.evaluation:
            for kept in _OF_SETS:
                getattr(bench, kept).pop(name, None)
            bench._datasets[name] = change.evaluation(clean.bench.dataset(name))
    return bench


def _share(clean: Clean, change: Change, side: Side, work: CaseWork) -> None:
    """Let a side that stays as it is have what the clean case has measured of it."""
    elsewhere = (change.evaluation, change.catalog, change.baselines, change.source, change.patch)
    if any(elsewhere):
        return
    if side is Side.INT8:
        work.of_model._cases[work.bench.catalog.fp32.id] = clean.fp32
    elif side is Side.FP32:
        work._embedded.update(clean.work._embedded)


def _artifact(clean: Clean, change: Change, side: Side, work: CaseWork, folder: Path) -> Artifact:
    """The artifact: another file, built anew, rewritten, or the clean one."""
    if change.file:
        return Artifact(read_onnx_file(change.file(clean.work, folder)))
    ingredients = _ingredients(clean, change, work)
    artifact = clean.work.artifact
    if ingredients is not None:
        _set(work, "ingredients", ingredients)
        artifact = _built(clean, change, work, ingredients, folder)
    how = change.built or (change.network if side is not Side.FP32 else None)
    if how is None:
        return artifact
    written = _rewritten(artifact.file.path, how, folder / "artifact.onnx")
    return replace(artifact, file=read_onnx_file(written))


def _built(
    clean: Clean, change: Change, work: CaseWork, ingredients: Ingredients, folder: Path
) -> Artifact:
    """The artifact of other ingredients; fed otherwise than they say, in a cache of its own."""
    source = work.of_model.source
    if change.fed is None:
        return work.bench.cache.get(source, ingredients)
    factor, offset = change.fed

    def fed(images: Sequence[Pixels], spec: PreprocessSpec) -> Floats:
        return prepare(images, spec) * np.float32(factor) + np.float32(offset)

    with pytest.MonkeyPatch.context() as patch:
        everywhere(patch, prepare, fed)
        return ArtifactCache(folder / "cache", clean.bench.progress.say).get(source, ingredients)


def _ingredients(clean: Clean, change: Change, work: CaseWork) -> Ingredients | None:
    """What an artifact that is built anew is made of; None where it is not."""
    if not (change.source or change.recipe or change.calibration or change.fed):
        return None
    made = clean.work.ingredients
    recipe = made.recipe.model_copy(update=dict(change.recipe or {}))
    faces = made.calibration
    if change.calibration and faces:
        faces = change.calibration(faces)
    source = work.of_model.source.sha256
    return replace(made, source_sha256=source, recipe=recipe, calibration=faces)


def _rewritten(path: Path, how: Callable[[Net], None], to: Path) -> Path:
    net = Net.of(load_whole(path))
    how(net)
    onnx.save(net.model(), to)
    return to


def _set(of: object, name: str, value: object) -> None:
    """Give what is made when it is first asked for."""
    vars(of)[name] = value
