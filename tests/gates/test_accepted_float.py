"""The layers of an accepted mixed artifact that are put in float again."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from suite.catalog.catalog import Catalog
from suite.catalog.folder import read_catalog
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.face_set import face_set
from suite.gates.accepted_float import with_accepted
from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.store import BaselineFile, write_section
from suite.judging.kept_limits import KeptLimits
from suite.judging.measured import Measured, StepTaken
from suite.quantization.artifact import Ingredients


@pytest.fixture
def made() -> Ingredients:
    recipe = read_catalog().modes["int8_mixed"].recipe
    assert recipe is not None
    numbers = (127.5,) * 3
    fed = PreprocessSpec(
        height=8, width=8, layout="NCHW", color_order="RGB", scale=1.0, mean=numbers, std=numbers
    )
    faces = face_set("calibration", [Face.held("a", b"a"), Face.held("b", b"b")])
    return Ingredients("f" * 64, recipe, fed, OutputSpec(embedding_dim=4), faces)


def work_in(folder: Path, profile: str = "cpu-vnni") -> SimpleNamespace:
    known = read_catalog()
    catalog = Catalog(known.models, known.datasets, known.modes, known.providers, folder)
    bench = SimpleNamespace(catalog=catalog, profile=profile)
    mode = SimpleNamespace(id="int8_mixed", is_fp32=False)
    return SimpleNamespace(bench=bench, model=SimpleNamespace(id="m"), mode=mode)


def accept(folder: Path, made: Ingredients, *steps: StepTaken) -> None:
    assert made.calibration is not None
    identity = {
        "source": made.source_sha256,
        "recipe": made.recipe_sha256,
        "calibration": made.calibration.sha256,
    }
    measured = Measured(section="artifact", identity=identity, steps=steps)
    file = BaselineFile(folder / "baselines", "cpu-vnni", "m", "int8_mixed")
    write_section(file.path, "artifact", entry_document(measured, KeptLimits(), {}))


def test_what_was_accepted_of_the_same_is_taken_again(tmp_path: Path, made: Ingredients) -> None:
    assert with_accepted(made, work_in(tmp_path)) == made
    accept(tmp_path, made, StepTaken(step="mix", places=2, in_float=("a", "b")))
    assert with_accepted(made, work_in(tmp_path)).accepted_float == ("a", "b")
    # Its kin adds up the same integers.
    assert with_accepted(made, work_in(tmp_path, "cpu-amx")).accepted_float == ("a", "b")


def test_where_anything_is_another_it_is_chosen_anew(tmp_path: Path, made: Ingredients) -> None:
    accept(tmp_path, made, StepTaken(step="mix", places=0, in_float=()))
    assert with_accepted(made, work_in(tmp_path)).accepted_float == ()
    for other in (
        replace(made, source_sha256="e" * 64),
        replace(made, policy={"cosine_mean": 0.9}),
        replace(made, selection=made.calibration),
        replace(made, calibration=face_set("other", [Face.held("c", b"c")])),
    ):
        assert with_accepted(other, work_in(tmp_path)).accepted_float is None


def test_a_recipe_that_puts_nothing_back_keeps_nothing_of_it(
    tmp_path: Path, made: Ingredients
) -> None:
    accept(tmp_path, made, StepTaken(step="quantize", places=3))
    assert with_accepted(made, work_in(tmp_path)).accepted_float is None
