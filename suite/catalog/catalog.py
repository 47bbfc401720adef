"""A catalog: every card by its id, and where the files that they name lie."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_cache_path

from suite.catalog.builtin import PACKAGE, builtin_baselines
from suite.catalog.dataset_card import DatasetCard
from suite.catalog.errors import CatalogError
from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard
from suite.catalog.policy import ModeOverride, PolicySpec
from suite.catalog.provider_card import ProviderCard
from suite.catalog.table import Card


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
        return self.is_builtin and (PACKAGE / "builtin").is_dir()

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
                where=card.card_file,
                what=f"key {key!r}: there is no {relative!r} (looked at {tried}); put "
                "it there, give its root with --data-dir, or choose other sets with --datasets.",
            )
