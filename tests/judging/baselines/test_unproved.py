"""A profile without baselines says that nobody has proved it."""

import dataclasses
from pathlib import Path

import pytest

from suite.catalog.catalog import Catalog
from suite.catalog.folder import read_catalog
from suite.judging.baselines.store import serving_file
from suite.judging.baselines.unproved import why_unproved


def catalog_in(folder: Path) -> Catalog:
    return dataclasses.replace(read_catalog(), folder=folder)


def accept(root: Path, profile: str) -> Path:
    file = root / profile / "m" / "int8.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"format": 1, "sections": {}}')
    return file


@pytest.mark.parametrize("profile", ["cpu-vnni", "cpu-avx2", "openvino-cpu-vnni"])
def test_what_the_suite_has_baselines_of_is_proved(tmp_path: Path, profile: str) -> None:
    for catalog in (read_catalog(), catalog_in(tmp_path)):
        assert why_unproved(profile, catalog) == ""


def test_a_profile_is_unproved_until_something_is_accepted_on_it(tmp_path: Path) -> None:
    catalog, root = catalog_in(tmp_path), tmp_path / "baselines"
    words = "nobody has proved the profile cpu-amx: nothing was accepted on it so far"
    assert why_unproved("cpu-amx", catalog) == words
    accept(root, "cpu-vnni")
    assert why_unproved("cpu-amx", catalog) == (
        f"{words}; it is held to cpu-vnni, which adds up the same integers"
    )
    assert why_unproved("cpu-arm-dotprod", catalog).endswith("nothing was accepted on it so far")
    accept(root, "cpu-amx")
    assert why_unproved("cpu-amx", catalog) == ""


def test_the_baseline_of_a_kin_serves_until_there_is_an_own_one(tmp_path: Path) -> None:
    assert serving_file(tmp_path, "cpu-amx", "m", "int8").profile == "cpu-amx"
    vnni = accept(tmp_path, "cpu-vnni")
    assert serving_file(tmp_path, "cpu-amx", "m", "int8").path == vnni
    assert serving_file(tmp_path, "cpu-amx", "m", "other").profile == "cpu-amx"
    assert serving_file(tmp_path, "cpu-avx2", "m", "int8").profile == "cpu-avx2"
    own = accept(tmp_path, "cpu-amx")
    assert serving_file(tmp_path, "cpu-amx", "m", "int8").path == own


def test_what_was_accepted_with_amx_serves_vnni(tmp_path: Path) -> None:
    amx = accept(tmp_path, "cpu-amx")
    assert serving_file(tmp_path, "cpu-vnni", "m", "int8").path == amx
