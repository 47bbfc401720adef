"""What a run gates: models × modes × datasets, as the options select them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.catalog.case import Case, runs_unasked
from suite.catalog.catalog import Catalog, Roots, require_dataset
from suite.catalog.errors import CatalogError, nearest
from suite.catalog.files import is_file
from suite.catalog.folder import read_catalog
from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard
from suite.catalog.plan import PlannedGate, gates_of
from suite.catalog.provider_card import ProviderCard
from suite.catalog.table import Card


@dataclass(frozen=True)
class Options:
    """The suite's options as given; empty tuples select everything."""

    models: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    provider: str = "cpu"
    profile: str | None = None
    catalog: Path | None = None
    data_dir: Path | None = None
    weights_dir: Path | None = None
    op_library: Path | None = None
    artifact_cache: Path | None = None
    accept_licence: bool = False
    report_dir: Path = Path("face-quant-report")
    report_append: bool = False
    report_names: bool = False
    report_faces: bool = False
    require_all: bool = False
    from_report: Path | None = None
    base: str | None = None
    history: Path | None = None

    @property
    def roots(self) -> Roots:
        """Where files named by cards may lie besides the card's own folder."""
        return Roots(self.data_dir, self.weights_dir)


@dataclass(frozen=True)
class Selection:
    """The catalog and the cases that a run gates.

    A case's model has those of its card's evaluation sets that are selected. ``whole`` are all the
    gates of a run that no option restricts.
    """

    catalog: Catalog
    provider: str
    cases: tuple[Case, ...]
    datasets: tuple[str, ...]
    whole: tuple[PlannedGate, ...] = ()


def select(options: Options) -> Selection:
    """Read the catalog and choose the cases.

    Raises
    ------
    CatalogError
        for an id that no card has, and for data that a selected model needs and that is absent.
    """
    catalog = read_catalog(options.catalog, options.roots)
    models = [model.id for model in chosen_models(catalog, options.models)]
    modes = _chosen("--modes", options.modes, catalog.modes)
    datasets = chosen_datasets(catalog, options.datasets)
    if options.provider not in catalog.providers:
        # The nearest name to "gpu" is "cpu".
        known = ", ".join(sorted(catalog.providers))
        raise CatalogError(
            where="--provider", what=f"there is no {options.provider!r}; known: {known}."
        )
    provider = catalog.providers[options.provider]
    for model_id in models:
        card = catalog.models[model_id]
        refuse_unaccepted_licence(card, accepted=options.accept_licence)
        if not absent_source(catalog, card):
            _require_data(catalog, card, datasets)
    cases = _cases(catalog, provider, models, modes, datasets, named=bool(options.modes))
    plain = [model.id for model in catalog.models.values() if not model.on_request]
    everything = _cases(catalog, provider, sorted(plain), catalog.modes, catalog.datasets)
    return Selection(catalog, options.provider, tuple(cases), tuple(datasets), gates_of(everything))


def _cases(
    catalog: Catalog,
    provider: ProviderCard,
    models: Iterable[str],
    modes: Iterable[str],
    datasets: Collection[str],
    *,
    named: bool = False,
) -> Iterator[Case]:
    """The cases of some models in those of the modes that apply, FP32 first.

    Where modes were ``named``, those on request run in every model.
    """
    for model_id in models:
        card = catalog.models[model_id]
        chosen = tuple(name for name in card.evaluation if name in datasets)
        model = card.model_copy(update={"evaluation": chosen})
        absent = absent_source(catalog, model)
        for mode_id in sorted(modes, key=lambda name: (not catalog.modes[name].is_fp32, name)):
            mode = catalog.modes[mode_id]
            if not is_made(model, mode) or not (named or runs_unasked(model, mode)):
                continue
            never = why_not_applicable(model, mode, provider)
            skip = absent or (None if never else why_unbuildable(model, mode, provider.id))
            yield Case(model, mode, skip, never)


def is_made(model: ModelCard, mode: ModeCard) -> bool:
    """Whether a model has a mode: by its recipe, or as an artifact that the model's card brings."""
    return mode.recipe is not None or mode.id in model.artifacts


def why_not_applicable(model: ModelCard, mode: ModeCard, provider: ProviderCard) -> str | None:
    """Why a provider never runs a mode; None where it does, or the card brings a file for it."""
    brought = model.artifacts.get(mode.id)
    if brought and provider.id in brought.providers:
        return None
    return provider.not_applicable.get(mode.id)


def chosen_models(catalog: Catalog, named: tuple[str, ...]) -> list[ModelCard]:
    """The models that are named; where none is, all but those that run on request alone.

    Raises
    ------
    CatalogError
        for an id that no card has, and where none is named and each runs on request alone.
    """
    ids = _chosen("--models", named, catalog.models)
    models = [catalog.models[name] for name in ids]
    plain = models if named else [model for model in models if not model.on_request]
    if models and not plain:
        raise CatalogError(
            f"{models[0].card_file.parent}: each model there has on_request = true; name some with "
            "--models, or take that key out of their cards."
        )
    return plain


def chosen_datasets(catalog: Catalog, named: tuple[str, ...]) -> list[str]:
    """The ids of the datasets that are named; of all where none is.

    Raises
    ------
    CatalogError
        for an id that no card has.
    """
    return _chosen("--datasets", named, catalog.datasets)


def refuse_unaccepted_licence(model: ModelCard, *, accepted: bool) -> None:
    """Raise CatalogError where a model's licence must be accepted and was not."""
    if model.non_commercial and not accepted:
        raise CatalogError(
            where=model.id,
            what=f"{model.licence}: {model.non_commercial}; --accept-licence says that your "
            "use is allowed.",
        )


def absent_source(catalog: Catalog, model: ModelCard) -> str | None:
    """Why a model cannot be run here: its weights are absent; None where they are there."""
    if is_file(catalog.locate(model, model.source.file, weights=True)):
        return None
    tried = catalog.tried(model, model.source.file, weights=True)
    known = model.source.addresses or model.source.page
    get = f", or get them with face-quant-gate weights --get --models={model.id}" if known else ""
    return (
        f"{model.id}: weights {model.source.file!r} are absent (looked at {tried}); "
        f"put them there or name their folder with --weights-dir or --data-dir{get}"
    )


def why_unbuildable(model: ModelCard, mode: ModeCard, provider: str) -> str | None:
    """Why nothing can be built of a mode for a provider, and what to do; None where it can."""
    brought = model.artifacts.get(mode.id)
    if brought and brought.for_provider(provider):
        return None
    if mode.recipe is None:
        return f"{model.id}: its card brings {mode.id} for other providers than {provider}; add one"
    if model.source.precision != "float32" and not mode.recipe.is_source:
        return (
            f"{model.id}: {mode.id} is built of float32 weights, and those of the source are "
            f"{model.source.precision}; name the float32 file as the source, or bring the artifact"
        )
    if mode.recipe.needs_calibration and not model.calibration:
        return (
            f"{model.id}: {mode.id} needs calibration faces; name a calibration set in its card or "
            "bring the artifact"
        )
    return None


def _require_data(catalog: Catalog, model: ModelCard, selected: Sequence[str]) -> None:
    chosen = [name for name in model.evaluation if name in selected]
    if not chosen:
        raise CatalogError(
            f"--datasets: none of {', '.join(selected)} is an evaluation set of {model.id} "
            f"({', '.join(model.evaluation)}); select one of them or other models with --models."
        )
    for name in [*chosen, *(n for n in model.datasets if n not in model.evaluation)]:
        require_dataset(catalog, catalog.datasets[name])


def _chosen(option: str, given: tuple[str, ...], known: Mapping[str, Card]) -> list[str]:
    for name in given:
        if name not in known:
            raise CatalogError(where=option, what=f"there is no {name!r}; {nearest(name, known)}.")
    return list(dict.fromkeys(given)) if given else sorted(known)
