"""What models need, what of it is here, and what is missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.cards import ModelCard
from suite.catalog import Catalog, dataset_paths
from suite.errors import SuiteError
from suite.models.source import open_named


@dataclass(frozen=True)
class Need:
    """One file or folder that a model needs.

    ``problem`` is empty where it is here and what its card says.
    """

    owner: str
    what: str
    path: Path
    problem: str


def needs_of(catalog: Catalog, models: Sequence[ModelCard]) -> Iterator[Need]:
    """Walk the weights of models and the data of their datasets, each once."""
    seen: set[str] = set()
    for model in models:
        yield weights_of(catalog, model)
        for mode, brought in model.artifacts.items():
            for named in filter(None, (brought.for_provider(p) for p in catalog.providers)):
                path = catalog.locate(model, named.file, weights=True)
                if str(path) not in seen:
                    seen.add(str(path))
                    yield Need(model.id, f"{mode} artifact", path, _absent(path))
        for dataset_id in filter(None, (*model.evaluation, model.calibration)):
            if dataset_id in seen:
                continue
            seen.add(dataset_id)
            for key, path in dataset_paths(catalog, catalog.datasets[dataset_id]).items():
                yield Need(dataset_id, key, path, _absent(path))


def weights_of(catalog: Catalog, model: ModelCard) -> Need:
    """A model's weights, verified where they are here."""
    path = catalog.locate(model, model.source.file, weights=True)
    problem = _absent(path)
    checkpoint = model.source.checkpoint
    if problem and checkpoint and catalog.locate(model, checkpoint.file, weights=True).is_file():
        problem = f"to be exported from {checkpoint.file}, which is here: add --get"
    elif problem and (origin := model.source.url or model.source.page):
        problem = f"missing, from {origin}"
    if not problem:
        try:
            open_named(catalog, model, model.source)
        except SuiteError as error:
            problem = str(error)
    return Need(model.id, "weights", path, problem)


def _absent(path: Path) -> str:
    return "" if path.exists() else "missing"
