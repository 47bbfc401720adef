"""A catalog: a folder of cards, read and checked as a whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar

from platformdirs import user_cache_path
from pydantic import Field, TypeAdapter

from suite.card_reading import BrokenCardError, read_card
from suite.cards import (
    Card,
    ModeCard,
    ModelCard,
    ModeOverride,
    PolicySpec,
    ProviderCard,
)
from suite.dataset_cards import DatasetCard, FolderDataset
from suite.errors import CatalogError, nearest

C = TypeVar("C", bound=Card)

_PACKAGE = Path(__file__).resolve().parent
_DATASET: TypeAdapter[Any] = TypeAdapter(Annotated[DatasetCard, Field(discriminator="kind")])


@dataclass(frozen=True)
class Roots:
    """Where files named by cards may lie besides the card's own folder."""

    data_dir: Path | None = None
    weights_dir: Path | None = None

    @property
    def weights(self) -> Path:
        """The folder of weights: the one given, or that of the user's cache."""
        return self.weights_dir or user_cache_path("face-quant-gate") / "weights"


@dataclass(frozen=True)
class Catalog:
    """Every card by id, and where baselines are accepted.

    ``unread`` are the ids of cards that cannot be read, where they were passed over.
    """

    models: Mapping[str, ModelCard]
    datasets: Mapping[str, DatasetCard]
    modes: Mapping[str, ModeCard]
    providers: Mapping[str, ProviderCard]
    baselines: Path
    roots: Roots = field(default_factory=Roots)
    unread: frozenset[str] = frozenset()

    @property
    def is_builtin(self) -> bool:
        """Whether these are the cards that come with the suite."""
        return self.baselines == builtin_baselines()

    @property
    def is_installed(self) -> bool:
        """Whether these are the cards of an installed package, where nothing can be accepted."""
        return self.is_builtin and (_PACKAGE / "builtin").is_dir()

    def locate(self, card: Card, relative: str, *, weights: bool = False) -> Path:
        """The file or folder a card names.

        Looked for beside the card, then (weights only) in the weights folder by its path and by
        its bare name, then in the data folder, where one is given. Where none exists, the path
        beside the card is given back, for the caller to say that it is absent.
        """
        places = self.places(card, relative, weights=weights)
        return next((place for place in places if place.exists()), places[0])

    def places(self, card: Card, relative: str, *, weights: bool = False) -> list[Path]:
        """Every path at which `locate` looks, in order."""
        places = [card.card_file.parent / relative]
        if weights:
            places.append(self.roots.weights / relative)
            places.append(self.roots.weights / Path(relative).name)
        if self.roots.data_dir:
            places.append(self.roots.data_dir / relative)
        return places

    def override(self, model: ModelCard, mode: ModeCard) -> ModeOverride:
        """What the model's card says otherwise for a mode."""
        return model.modes.get(mode.id, ModeOverride())

    def tolerances(self, model: ModelCard, mode: ModeCard) -> dict[str, float]:
        """How far each metric may lie from the accepted one."""
        return {**mode.tolerances, **self.override(model, mode).tolerances}

    def policy_loss(self, model: ModelCard, mode: ModeCard) -> dict[str, float]:
        """How much worse than FP32 each metric may be."""
        return {**mode.policy.loss, **self.override(model, mode).policy.loss}

    def policy_floor(self, model: ModelCard, mode: ModeCard) -> dict[str, float]:
        """The least each metric of the quantized model may be."""
        return {**mode.policy.floor, **self.override(model, mode).policy.floor}

    def speed_floor(self, model: ModelCard, mode: ModeCard, provider: ProviderCard) -> float | None:
        """The least speed-up over FP32 on a provider: the model's own, else the provider's."""
        own = self.override(model, mode).speed_floor
        return own.get(provider.id, provider.speed_floor.get(mode.id))

    def policy(self, model: ModelCard, mode: ModeCard, provider: ProviderCard) -> PolicySpec:
        """What the mode may cost this model: the mode's policy with the model's changes.

        The provider's speed floor is among its floors.
        """
        own = self.override(model, mode).policy
        speed = self.speed_floor(model, mode, provider)
        return PolicySpec(
            loss=self.policy_loss(model, mode),
            floor=self.policy_floor(model, mode) | ({"speedup": speed} if speed else {}),
            on_interval=own.on_interval or mode.policy.on_interval,
        )


def builtin_cards() -> Path:
    """The cards that come with the suite: in the wheel, or the repository's ``fixtures/``."""
    packed = _PACKAGE / "builtin"
    return packed if packed.is_dir() else _PACKAGE.parent / "fixtures"


def builtin_baselines() -> Path:
    """The baselines of the built-in models."""
    packed = _PACKAGE / "builtin" / "baselines"
    return packed if packed.is_dir() else _PACKAGE.parent / "baselines"


def read_catalog(folder: Path | None = None, roots: Roots | None = None) -> Catalog:
    """Read and check a catalog.

    Parameters
    ----------
    folder : a team's catalog with ``models/``, ``datasets/``, ``modes/`` and ``providers/``, or
        None for the built-in one. Modes and providers are built in; a catalog may override one by
        its id.

    Raises
    ------
    CatalogError
        with a sentence that names the file, the key and what is allowed.
    """
    catalog = read_cards(folder, roots)
    for wrong in wrong_references(catalog):
        raise CatalogError(wrong)
    return catalog


def read_cards(
    folder: Path | None = None, roots: Roots | None = None, *, pass_over: bool = False
) -> Catalog:
    """A catalog whose cards may name what there is not; otherwise as `read_catalog`.

    With ``pass_over`` those that cannot be read are left out of it, as `broken_cards` has them.
    """
    builtin = builtin_cards()
    if folder is not None and not folder.is_dir():
        raise CatalogError(f"{folder}: no such catalog folder; give --catalog an existing one.")
    own = folder or builtin
    unread: set[str] | None = set() if pass_over else None
    models = _read_cards(own / "models", TypeAdapter(ModelCard), unread)
    if folder is not None and not any((own / "models").glob("*.toml")):
        raise CatalogError(f"{folder / 'models'}: holds no model card (*.toml); write one there.")
    modes = _read_cards(builtin / "modes", TypeAdapter(ModeCard))
    providers = _read_cards(builtin / "providers", TypeAdapter(ProviderCard))
    if folder is not None:
        modes |= _read_cards(own / "modes", TypeAdapter(ModeCard), unread)
        providers |= _read_cards(own / "providers", TypeAdapter(ProviderCard), unread)
    return Catalog(
        models=models,
        datasets=_read_cards(own / "datasets", _DATASET, unread),
        modes=modes,
        providers=providers,
        baselines=folder / "baselines" if folder else builtin_baselines(),
        roots=roots or Roots(),
        unread=frozenset(unread or ()),
    )


def broken_cards(folder: Path | None = None) -> Iterator[str]:
    """What is wrong with each card that cannot be read by itself, a sentence a mistake."""
    own = folder or builtin_cards()
    kinds: tuple[tuple[str, TypeAdapter[Any]], ...] = (
        ("models", TypeAdapter(ModelCard)),
        ("datasets", _DATASET),
        ("modes", TypeAdapter(ModeCard)),
        ("providers", TypeAdapter(ProviderCard)),
    )
    for kind, adapter in kinds:
        ids: dict[str, Path] = {}
        for path in sorted((own / kind).glob("*.toml")):
            try:
                card = read_card(path, adapter)
            except BrokenCardError as error:
                yield from error.sentences
                continue
            if card.id in ids:
                yield _twice(path, card.id, ids[card.id])
            ids.setdefault(card.id, path)


def _read_cards(
    folder: Path, adapter: TypeAdapter[C], unread: set[str] | None = None
) -> dict[str, C]:
    """The cards of a folder by id; those that cannot be read are ``unread``, where it is given."""
    cards: dict[str, C] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            card = read_card(path, adapter)
        except BrokenCardError as error:
            if unread is None:
                raise
            unread.add(error.card_id)
            continue
        if card.id not in cards:
            cards[card.id] = card
        elif unread is None:
            raise CatalogError(_twice(path, card.id, cards[card.id].card_file))
    return cards


def _twice(path: Path, card_id: str, first: Path) -> str:
    return (
        f"{path}: key 'id': {card_id!r} is already the id of {first}; give each card an id of its "
        "own."
    )


def wrong_references(catalog: Catalog) -> Iterator[str]:
    """Each name in a card of what there is not, a sentence each."""

    def absent(
        known: Mapping[str, Card], name: str, card: Card, key: str, kind: str
    ) -> Iterator[str]:
        if name not in known and name not in catalog.unread:
            hint = nearest(name, known)
            yield f"{card.card_file}: key {key!r}: there is no {kind} {name!r}; {hint}."

    for model in catalog.models.values():
        if not model.family.strip():
            yield f"{model.card_file}: key 'family' is empty; name the family."
        for key, name in _dataset_names(model):
            yield from absent(catalog.datasets, name, model, key, "dataset")
            folder = isinstance(catalog.datasets.get(name), FolderDataset)
            if folder and key.startswith("evaluation"):
                yield (
                    f"{model.card_file}: key {key!r}: {name!r} is a folder without pairs; name a "
                    "dataset of kind 'bin', 'lfw', 'csv' or 'people'."
                )
        for key, name in _mode_names(model):
            yield from absent(catalog.modes, name, model, key, "mode")
        for key, name in _provider_names(model):
            yield from absent(catalog.providers, name, model, key, "provider")
    for provider in catalog.providers.values():
        for table in ("recipe", "not_applicable", "speed_floor"):
            for mode_id in getattr(provider, table):
                yield from absent(catalog.modes, mode_id, provider, f"{table}.{mode_id}", "mode")
    for mode in catalog.modes.values():
        for provider_id in mode.may_run_elsewhere:
            key = f"may_run_elsewhere.{provider_id}"
            yield from absent(catalog.providers, provider_id, mode, key, "provider")


def _dataset_names(model: ModelCard) -> Iterator[tuple[str, str]]:
    """Each dataset that a model's card names, after its key."""
    yield from ((f"evaluation[{index}]", name) for index, name in enumerate(model.evaluation))
    if model.calibration:
        yield "calibration", model.calibration
    yield from (
        (f"reference[{index}].dataset", row.dataset) for index, row in enumerate(model.reference)
    )


def _mode_names(model: ModelCard) -> Iterator[tuple[str, str]]:
    yield from ((f"artifacts.{name}", name) for name in model.artifacts)
    yield from ((f"modes.{name}", name) for name in model.modes)
    yield from ((f"reference[{index}].mode", row.mode) for index, row in enumerate(model.reference))


def _provider_names(model: ModelCard) -> Iterator[tuple[str, str]]:
    for mode, override in model.modes.items():
        yield from ((f"modes.{mode}.speed_floor.{name}", name) for name in override.speed_floor)
    for mode, brought in model.artifacts.items():
        yield from ((f"artifacts.{mode}.providers.{name}", name) for name in brought.providers)


def dataset_paths(catalog: Catalog, card: DatasetCard) -> dict[str, Path]:
    """Each file or folder that a dataset's card names, by its key."""
    named = card.named_files()
    return {key: catalog.locate(card, relative) for key, relative in named.items()}


def require_dataset(catalog: Catalog, card: DatasetCard) -> None:
    """Raise CatalogError, naming the key and the places tried, where a dataset's data is absent."""
    for key, path in dataset_paths(catalog, card).items():
        if not path.exists():
            relative = card.named_files()[key]
            tried = ", ".join(str(place) for place in catalog.places(card, relative))
            raise CatalogError(
                f"{card.card_file}: key {key!r}: there is no {relative!r} (looked at {tried}); "
                "put it there, give its root with --data-dir, or choose other sets with --datasets."
            )
