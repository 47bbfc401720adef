"""What models need, what of it is here, and what is missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.catalog.catalog import Catalog
from suite.catalog.dataset_card import DatasetCard
from suite.catalog.errors import SuiteError
from suite.catalog.files import is_file, is_there
from suite.catalog.model_card import ModelCard
from suite.catalog.table import Card
from suite.models.source import open_named
from suite.models.weights.downloads import name_at


@dataclass(frozen=True)
class Need:
    """One file or folder that a model needs.

    ``problem`` is empty where it is here and what its card says.
    """

    owner: str
    what: str
    path: Path
    problem: str


def needs_of(
    catalog: Catalog, models: Sequence[ModelCard], datasets: Sequence[str]
) -> Iterator[Need]:
    """Walk the weights of models and the data of their datasets, each once.

    Of the evaluation sets those among ``datasets``, by their ids.
    """
    seen: set[str] = set()
    for model in models:
        yield weights_of(catalog, model)
        for mode, brought in model.artifacts.items():
            for named in filter(None, (brought.for_provider(p) for p in catalog.providers)):
                path, refusal = _find(catalog, model, named.file, weights=True)
                if str(path) not in seen:
                    seen.add(str(path))
                    problem = refusal or ("" if is_there(path) else "missing")
                    yield Need(model.id, f"{mode} artifact", path, problem)
        for dataset_id in model.datasets:
            passed_over = dataset_id in model.evaluation and dataset_id not in datasets
            if dataset_id in seen or passed_over:
                continue
            seen.add(dataset_id)
            card = catalog.datasets[dataset_id]
            for key, relative in card.named_files().items():
                yield Need(dataset_id, key, *_data(catalog, card, relative))


def named_files(model: ModelCard) -> Iterator[str]:
    """Every name by which a model's card has a file among the weights."""
    source = model.source
    yield source.file
    if source.checkpoint:
        yield source.checkpoint.file
    if source.member:
        yield from map(name_at, source.addresses)
    for brought in model.artifacts.values():
        if brought.file:
            yield brought.file
        yield from (each.file for each in brought.providers.values())


def weights_of(catalog: Catalog, model: ModelCard) -> Need:
    """A model's weights, verified where they are here."""
    source = model.source
    path, refusal = _find(catalog, model, source.file, weights=True)
    if refusal:
        return Need(model.id, "weights", path, refusal)
    if not is_there(path):
        return Need(
            model.id, "weights", catalog.roots.weights / source.file, _origin(catalog, model)
        )
    try:
        open_named(catalog, model, source)
    except SuiteError as error:
        problem = error.what if error.where == str(path) else str(error)
        return Need(model.id, "weights", path, problem)
    return Need(model.id, "weights", path, "")


def _origin(catalog: Catalog, model: ModelCard) -> str:
    """How absent weights are got."""
    source = model.source
    wanted = source.checkpoint.file if source.checkpoint else source.file
    export = ", and --get exports it" if source.checkpoint else ""
    if source.checkpoint and is_file(catalog.roots.weights / wanted):
        return f"missing; {wanted} is here{export}"
    if source.addresses:
        return f"missing; --get downloads {' or '.join(source.addresses)}"
    if source.page:
        folder = catalog.roots.weights
        return f"missing; download {wanted} by hand from {source.page} into {folder}{export}"
    return "missing; put it there"


def _data(catalog: Catalog, card: DatasetCard, relative: str) -> tuple[Path, str]:
    """Where data is, or where it would be looked for last."""
    root = catalog.roots.data_dir
    path, refusal = _find(catalog, card, relative)
    if refusal or is_there(path):
        return path, refusal
    if root is None:
        return path, "missing; give its root by --data-dir"
    return root / relative, "missing"


def _find(
    catalog: Catalog, card: Card, relative: str, *, weights: bool = False
) -> tuple[Path, str]:
    """Where a file or folder is, and what keeps this user from looking there."""
    try:
        return catalog.locate(card, relative, weights=weights), ""
    except SuiteError as error:
        return catalog.places(card, relative, weights=weights)[0], str(error)
