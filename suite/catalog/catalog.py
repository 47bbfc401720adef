"""A catalog: every card by its id, and where the files that they name lie."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from suite.catalog.builtin import PACKAGE, builtin_folder
from suite.catalog.dataset_card import DatasetCard
from suite.catalog.errors import CatalogError
from suite.catalog.files import is_there, user_cache
from suite.catalog.inheritance import kin
from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard
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
        return self.weights_dir or user_cache() / "weights"


@dataclass(frozen=True)
class Catalog:
    """Every card by id.

    ``builtin_modes`` are those that come with the suite, which a catalog may override by their ids.
    ``folder`` is the one that it was read from, of the built-in one the repository's or package's.
    ``unread`` are the ids of cards that cannot be read, where they were passed over.
    """

    models: Mapping[str, ModelCard]
    datasets: Mapping[str, DatasetCard]
    modes: Mapping[str, ModeCard]
    providers: Mapping[str, ProviderCard]
    folder: Path
    builtin_modes: Mapping[str, ModeCard] = field(default_factory=dict)
    roots: Roots = field(default_factory=Roots)
    unread: frozenset[str] = frozenset()

    @property
    def fp32(self) -> ModeCard:
        """The mode that the others are compared with."""
        return next(mode for mode in self.modes.values() if mode.is_fp32)

    def kin_of(self, mode: ModeCard) -> ModeCard:
        """The built-in mode whose limits a mode is measured by."""
        return kin(mode, self.modes, self.builtin_modes)

    @property
    def is_builtin(self) -> bool:
        """Whether these are the cards that come with the suite."""
        return self.folder == builtin_folder()

    @property
    def is_installed(self) -> bool:
        """Whether these are the cards of an installed package, where nothing can be accepted."""
        return self.is_builtin and (PACKAGE / "builtin").is_dir()

    def locate(self, card: Card, relative: str, *, weights: bool = False) -> Path:
        """The file or folder a card names.

        Looked for beside the card, then (weights only) in the weights folder by its path and by
        its bare name, then in the data folder, where one is given; then likewise by what the card
        says of further paths (`Card.also_at`). Where none exists, the path beside the card is given
        back, for the caller to say that it is absent.

        Raises
        ------
        SuiteError
            where this user may not look there.
        """
        places = self.places(card, relative, weights=weights)
        return next((place for place in places if is_there(place)), places[0])

    def places(self, card: Card, relative: str, *, weights: bool = False) -> list[Path]:
        """Every path at which `locate` looks, in order."""
        found = []
        for each in (relative, *card.also_at(relative)):
            found.append(card.card_file.parent / each)
            if weights:
                found.append(self.roots.weights / each)
                found.append(self.roots.weights / Path(each).name)
            if self.roots.data_dir:
                found.append(self.roots.data_dir / each)
        return found

    def tried(self, card: Card, relative: str, *, weights: bool = False) -> str:
        """The places in words, for a message: each once, without the ``..`` of a card."""
        places = self.places(card, relative, weights=weights)
        return ", ".join(dict.fromkeys(os.path.realpath(place) for place in places))


def dataset_paths(catalog: Catalog, card: DatasetCard) -> dict[str, Path]:
    """Each file or folder that a dataset's card names, by its key."""
    named = card.named_files()
    return {key: catalog.locate(card, relative) for key, relative in named.items()}


def require_dataset(catalog: Catalog, card: DatasetCard) -> None:
    """Raise CatalogError, naming the key and the places tried, where a dataset's data is absent."""
    for key, path in dataset_paths(catalog, card).items():
        if not is_there(path):
            relative = card.named_files()[key]
            tried = catalog.tried(card, relative)
            raise CatalogError(
                where=card.card_file,
                what=f"key {key!r}: there is no {relative!r} (looked at {tried}); put "
                "it there, give its root with --data-dir, or choose other sets with --datasets.",
            )
