"""A card's ONNX file found and verified."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from suite.catalog.catalog import Catalog, Roots
from suite.catalog.errors import ModelError
from suite.catalog.folder import read_catalog
from suite.catalog.model_card import ModelCard
from suite.catalog.source import BroughtFile, SourceSpec
from suite.models.pins import pin
from suite.models.source import open_named

EMBEDDED = Path(__file__).resolve().parents[2] / "fixtures" / "embedded"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    shutil.copy(EMBEDDED / "arcface.onnx", tmp_path / "net.onnx")
    return dataclasses.replace(read_catalog(), roots=Roots(weights_dir=tmp_path))


@pytest.fixture
def model(catalog: Catalog) -> ModelCard:
    return catalog.models["arcface-embedded"]


def test_the_file_that_the_card_means(catalog: Catalog, model: ModelCard, tmp_path: Path) -> None:
    sha256 = str(model.source.sha256)
    found = open_named(catalog, model, BroughtFile(file="net.onnx", sha256=sha256))
    assert (found.path, found.sha256) == (tmp_path / "net.onnx", sha256)


def test_another_file_is_refused_with_both_hashes(catalog: Catalog, model: ModelCard) -> None:
    with pytest.raises(ModelError, match=f"other weights than the card's.*says {'1' * 64}"):
        open_named(catalog, model, BroughtFile(file="net.onnx", sha256="1" * 64))


def test_an_absent_file_names_the_places(catalog: Catalog, model: ModelCard) -> None:
    with pytest.raises(ModelError, match=r"'none\.onnx' is absent \(looked at .*none\.onnx\)"):
        open_named(catalog, model, BroughtFile(file="none.onnx", sha256="1" * 64))


def test_without_a_published_hash_a_file_is_trusted_by_its_pin(
    catalog: Catalog, model: ModelCard, tmp_path: Path
) -> None:
    source = SourceSpec(file="net.onnx", page="https://example.org")
    with pytest.raises(ModelError, match=r"nobody publishes its SHA-256.*--weights-dir="):
        open_named(catalog, model, source)
    pin(tmp_path / "net.onnx", "1" * 64)
    with pytest.raises(ModelError, match="the pin beside it, of --trust-first-use, for arcface"):
        open_named(catalog, model, source)
    pin(tmp_path / "net.onnx", str(model.source.sha256))
    assert open_named(catalog, model, source).sha256 == model.source.sha256
