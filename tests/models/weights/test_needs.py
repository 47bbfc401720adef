"""What models need, and what of it is missing."""

import dataclasses
from pathlib import Path

import pytest
from team import ROOT

from suite.catalog.catalog import Catalog, Roots
from suite.catalog.folder import read_catalog
from suite.models.weights.needs import needs_of, weights_of


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return dataclasses.replace(read_catalog(), roots=Roots(weights_dir=tmp_path))


def test_an_embedded_model_has_all_that_it_needs(catalog: Catalog) -> None:
    models = [catalog.models["arcface-embedded"], catalog.models["facenet-embedded"]]
    found = list(needs_of(catalog, models, ["embedded-evaluation"]))
    assert [need.problem for need in found] == [""] * len(found)
    assert [(need.owner, need.what) for need in found] == [
        ("arcface-embedded", "weights"),
        ("embedded-evaluation", "file"),
        ("embedded-evaluation", "identities"),
        ("embedded-calibration", "folder"),
        ("facenet-embedded", "weights"),
    ]


def test_a_set_that_is_not_selected_is_not_needed(catalog: Catalog) -> None:
    found = needs_of(catalog, [catalog.models["arcface-embedded"]], [])
    assert [need.owner for need in found] == ["arcface-embedded", "embedded-calibration"]


def test_absent_weights_say_how_they_are_got(catalog: Catalog, tmp_path: Path) -> None:
    need = weights_of(catalog, catalog.models["facenet-vggface2"])
    assert need.path.parent == tmp_path
    assert need.problem.startswith("missing; --get downloads https://")


def test_other_weights_are_a_problem(catalog: Catalog, tmp_path: Path) -> None:
    model = catalog.models["facenet-vggface2"]
    (tmp_path / model.source.file).write_bytes(b"no network")
    assert "is not a readable ONNX model" in weights_of(catalog, model).problem


def test_what_this_user_may_not_look_at_is_listed_with_the_rest(
    catalog: Catalog, forbid, tmp_path: Path
) -> None:
    forbid(ROOT / "fixtures" / "embedded" / "arcface.onnx")
    forbid(ROOT / "fixtures" / "embedded" / "calibration")
    found = list(needs_of(catalog, [catalog.models["arcface-embedded"]], ["embedded-evaluation"]))
    assert [bool(need.problem) for need in found] == [True, False, False, True]
    assert found[0].problem.endswith("let this user read it and the folders above it.")
    assert "calibration: the system refuses it (Permission denied)" in found[3].problem
