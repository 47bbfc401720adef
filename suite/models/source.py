"""A model card's FP32 ONNX: found, and verified to be the one the card names."""

from pathlib import Path

from suite.catalog.catalog import Catalog
from suite.catalog.errors import ModelError
from suite.catalog.files import is_file
from suite.catalog.model_card import ModelCard
from suite.catalog.source import BroughtFile, Interface, SourceSpec
from suite.models.onnx_file import OnnxFile, read_onnx_file
from suite.models.pins import pinned


def open_named(catalog: Catalog, model: ModelCard, named: SourceSpec | BroughtFile) -> OnnxFile:
    """The ONNX file that a card names, verified by its SHA-256 or the one that was pinned.

    Raises
    ------
    ModelError
        where it is absent, unreadable, other bytes than the card's, or never trusted.
    """
    path: Path = catalog.locate(model, named.file, weights=True)
    if not is_file(path):
        tried = catalog.tried(model, named.file, weights=True)
        raise ModelError(
            where=model.card_file,
            what=f"{named.file!r} is absent (looked at {tried}); put it there, or give its folder "
            "with --weights-dir.",
        )
    file = read_onnx_file(path)
    known, by = named.sha256, str(model.card_file)
    if known is None:
        known, by = pinned(path), f"the pin beside it, of --trust-first-use, for {model.id}"
    if known is None:
        raise ModelError(
            where=path,
            what=f"nobody publishes its SHA-256; it is {file.sha256}: write that as sha256 into "
            "a card of your own, or trust it with face-quant-gate weights --get --trust-first-use "
            f"--models={model.id}{_where(catalog)}.",
        )
    if file.sha256 != known:
        raise ModelError(
            where=path,
            what=f"other weights than the card's: its SHA-256 is {file.sha256}, "
            f"{by} says {known}; get the right file, or gate this one by a card of your own.",
        )
    return file


def not_as_its_card(
    model: ModelCard, mode: str, brought: BroughtFile | None, error: ModelError
) -> ModelError:
    """A network's mistake against its card, with the place in the card that is its own."""
    if brought is None:
        return ModelError(where=model.card_file, what=error.what)
    own = ", ".join(Interface.model_fields)
    return ModelError(
        where=f"{model.card_file}: key 'artifacts.{mode}': {brought.file}",
        what=f"{error.what.rstrip('.')}; what holds for this file alone belongs in "
        f"[artifacts.{mode}]: {own}.",
    )


def refuse_source(artifact: OnnxFile, source: OnnxFile) -> None:
    """Refuse an artifact that is the source itself, which would be compared with itself.

    Raises
    ------
    ModelError
        where both have the same SHA-256.
    """
    if artifact.sha256 == source.sha256:
        raise ModelError(
            where=artifact.path,
            what=f"is the very file that is the source ({source.path}); name the quantized one.",
        )


def _where(catalog: Catalog) -> str:
    """The options that a command needs to find what this run found."""
    roots = catalog.roots
    given = (
        ("--catalog", None if catalog.is_builtin else catalog.folder),
        ("--weights-dir", roots.weights_dir),
        ("--data-dir", roots.data_dir),
    )
    return "".join(f" {option}={path}" for option, path in given if path)
