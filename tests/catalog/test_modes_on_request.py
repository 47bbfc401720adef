"""Modes that run on request: where they are named, listed as further modes, or brought."""

from pathlib import Path

import pytest
from team import plain

from suite.catalog.errors import CatalogError
from suite.catalog.folder import read_catalog
from suite.catalog.plan import gates_of
from suite.catalog.selection import Options, Selection, select

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MODEL, OTHER = "arcface-embedded", "facenet-embedded"
RECIPE = 'on_request = true\n[recipe]\nmethod = "dynamic"\nweight_type = "QUInt8"\n'
BROUGHT = f'\n[artifacts.mine]\nfile = "mine.onnx"\nsha256 = "{"0" * 64}"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two models, and a mode of the team's own that is on request."""
    for kind in ("models", "modes", "datasets"):
        (tmp_path / kind).mkdir()
    for model in (MODEL, OTHER):
        text = (FIXTURES / "models" / f"{model}.toml").read_text()
        (tmp_path / "models" / f"{model}.toml").write_text(plain(text))
    for card in (FIXTURES / "datasets").glob("embedded-*.toml"):
        (tmp_path / "datasets" / card.name).write_text(plain(card.read_text()))
    mode(tmp_path, "mine", RECIPE)
    return tmp_path


def mode(folder: Path, mode_id: str, text: str) -> None:
    (folder / "modes" / f"{mode_id}.toml").write_text(f'id = "{mode_id}"\n{text}')


def list_further(folder: Path, *modes: str, model: str = MODEL) -> None:
    card = folder / "models" / f"{model}.toml"
    named = ", ".join(f'"{name}"' for name in modes)
    card.write_text(f"further_modes = [{named}]\n{card.read_text()}")


def in_mode(selection: Selection, name: str = "mine") -> set[str]:
    return {case.model.id for case in selection.cases if case.mode.id == name}


def test_it_runs_where_it_is_named_alone(folder: Path) -> None:
    plain = select(Options(catalog=folder))
    assert in_mode(plain) == set()
    assert gates_of(plain.cases) == plain.whole
    named = select(Options(catalog=folder, modes=("fp32", "mine")))
    assert in_mode(named) == {MODEL, OTHER}
    assert all(case.mode_on_request is (case.mode.id == "mine") for case in named.cases)
    # What is on request is not missed by a run that does not name it.
    assert named.whole == plain.whole


@pytest.mark.parametrize("way", ["listed", "brought"])
def test_it_runs_unasked_in_a_model_that_has_it(folder: Path, way: str) -> None:
    card = folder / "models" / f"{MODEL}.toml"
    if way == "listed":
        list_further(folder, "mine")
    else:
        card.write_text(card.read_text() + BROUGHT)
    selection = select(Options(catalog=folder))
    assert in_mode(selection) == {MODEL}
    assert gates_of(selection.cases) == selection.whole
    assert not any(case.mode_on_request for case in selection.cases)


def test_a_mode_that_extends_it_is_not_on_request_for_that(folder: Path) -> None:
    mode(folder, "further", 'extends = "mine"\n')
    selection = select(Options(catalog=folder))
    assert (in_mode(selection, "further"), in_mode(selection)) == ({MODEL, OTHER}, set())


def test_a_mode_that_runs_anyway_may_be_listed(folder: Path) -> None:
    list_further(folder, "int8_dynamic")
    assert in_mode(select(Options(catalog=folder)), "int8_dynamic") == {MODEL, OTHER}


def test_a_further_mode_that_there_is_not_is_refused(folder: Path) -> None:
    list_further(folder, "mine", "min")
    with pytest.raises(CatalogError, match=r"key 'further_modes\[1\]': there is no mode 'min'"):
        read_catalog(folder)


def test_a_further_mode_without_recipe_is_refused_unless_its_artifact_is_brought(
    folder: Path,
) -> None:
    mode(folder, "mine", "on_request = true\n")
    list_further(folder, "mine")
    with pytest.raises(CatalogError, match=r"'mine' has no recipe; bring its file under \[artif"):
        read_catalog(folder)
    card = folder / "models" / f"{MODEL}.toml"
    card.write_text(card.read_text() + BROUGHT)
    assert in_mode(select(Options(catalog=folder))) == {MODEL}


def test_fp32_cannot_be_on_request(folder: Path) -> None:
    mode(folder, "fp32", 'on_request = true\n[recipe]\nmethod = "none"\n')
    with pytest.raises(CatalogError, match="has on_request, and is what the other modes are held"):
        read_catalog(folder)
