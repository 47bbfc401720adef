"""A model card's FP32 ONNX: found, and verified to be the one the card names."""

from pathlib import Path

from suite.cards import BroughtFile, ModelCard, SourceSpec
from suite.catalog import Catalog
from suite.errors import ModelError
from suite.models.onnx_file import OnnxFile, read_onnx_file


def open_named(catalog: Catalog, model: ModelCard, named: SourceSpec | BroughtFile) -> OnnxFile:
    """The ONNX file that a card names, verified by its SHA-256.

    Raises
    ------
    ModelError
        where it is absent, unreadable or other bytes than the card's.
    """
    path: Path = catalog.locate(model, named.file, weights=True)
    if not path.is_file():
        tried = ", ".join(str(p) for p in catalog.places(model, named.file, weights=True))
        raise ModelError(f"{model.card_file}: {named.file!r} is absent (looked at {tried}).")
    file = read_onnx_file(path)
    if file.sha256 != named.sha256:
        raise ModelError(
            f"{path}: other weights than the card's: its SHA-256 is {file.sha256}, "
            f"{model.card_file} says {named.sha256}; get the right file or correct the card."
        )
    return file
