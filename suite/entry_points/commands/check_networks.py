"""The networks of a catalog: the files that cards name, and each tried on a chart."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from suite.catalog.catalog import Catalog
from suite.catalog.errors import ModelError, ProviderError, SuiteError
from suite.catalog.model_card import ModelCard
from suite.catalog.provider_card import ProviderCard
from suite.catalog.source import BroughtFile
from suite.gates.charts import charts
from suite.models.onnx_file import OnnxFile, load_whole
from suite.models.precision import require_precision
from suite.models.simulated import signs_of_simulation
from suite.models.source import not_as_its_card, open_named, refuse_source
from suite.runtime.providers import require_provider
from suite.runtime.trial import Trial, try_networks


@dataclass(frozen=True)
class _Named:
    """A file that a model's card names; the source has no mode."""

    model: ModelCard
    file: OnnxFile
    provider: ProviderCard
    mode: str = ""
    brought: BroughtFile | None = None

    @property
    def trial(self) -> Trial:
        """How the network is tried."""
        feeding = self.model.feeding(self.brought)
        two = charts(feeding.spec.height, feeding.spec.width)[:2]
        return Trial(self.file.path, self.provider, feeding, self.model.flip, two)


def check_networks(
    catalog: Catalog, here: list[ModelCard], may_be_here: Callable[[ModelCard, str], bool]
) -> tuple[list[str], list[str]]:
    """What is wrong with files and networks, a sentence each; and what is worth knowing of them.

    Parameters
    ----------
    here : the models whose source must be here
    may_be_here : whether a model's file is here, of those that need not be
    """
    problems: list[str] = []
    notes: list[str] = []
    named: list[_Named] = []
    for model in catalog.models.values():
        source = None
        if model in here:
            try:
                source = _source(catalog, model)
                notes += _looks_quantized(model, source)
                named.append(_Named(model, source, catalog.providers["cpu"]))
            except SuiteError as error:
                problems.append(f"{model.card_file}: {error.beyond(model.card_file)}")
        for mode, provider, brought in _brought(model):
            if model not in here and not may_be_here(model, brought.file):
                continue
            key = f"artifacts.{mode}" + (f".providers.{provider}" if provider else "")
            try:
                file = _artifact(catalog, model, mode, brought, source)
            except SuiteError as error:
                problems.append(f"{model.card_file}: key {key!r}: {error.beyond(model.card_file)}")
                continue
            card = catalog.providers.get(provider or "cpu")
            if card and _runs_here(card):
                named.append(_Named(model, file, card, key.removeprefix("artifacts."), brought))
            elif card:
                notes.append(
                    f"{model.card_file}: key {key!r}: not run, for {card.id} cannot be used here"
                )
    return problems + list(_of_trials(named)), notes


def _runs_here(card: ProviderCard) -> bool:
    try:
        require_provider(card)
    except ProviderError:
        return False
    return True


def _looks_quantized(model: ModelCard, file: OnnxFile) -> list[str]:
    signs = signs_of_simulation(load_whole(file.path))
    return [f"{model.card_file}: key 'source': {signs}"] if signs else []


def _source(catalog: Catalog, model: ModelCard) -> OnnxFile:
    file = open_named(catalog, model, model.source)
    require_precision(file.path, model.source.precision)
    return file


def _artifact(
    catalog: Catalog, model: ModelCard, mode: str, brought: BroughtFile, source: OnnxFile | None
) -> OnnxFile:
    file = open_named(catalog, model, brought)
    known = catalog.modes.get(mode)
    if known and known.is_fp32:
        require_precision(file.path, model.source.precision)
    elif source:
        refuse_source(file, source)
    return file


def _brought(model: ModelCard) -> Iterator[tuple[str, str, BroughtFile]]:
    """Mode, provider and file of each artifact; no provider where the file is for all."""
    for mode, artifact in model.artifacts.items():
        yield from ((mode, provider, file) for provider, file in artifact.providers.items())
        if artifact.for_all:
            yield mode, "", artifact.for_all


def _of_trials(named: list[_Named]) -> Iterator[str]:
    found = try_networks([each.trial for each in named])
    for each, finding in zip(named, found, strict=True):
        if finding and finding.of_card:
            error = ModelError(finding.problem)
            yield str(not_as_its_card(each.model, each.mode, each.brought, error))
        elif finding:
            key = f"key 'artifacts.{each.mode}': " if each.brought else ""
            yield f"{each.model.card_file}: {key}{finding.problem}"
