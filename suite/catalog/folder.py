"""A catalog's folder, read and checked as a whole."""

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter

from suite.catalog.builtin import builtin_cards, builtin_folder
from suite.catalog.card_file import BrokenCardError, read_card
from suite.catalog.catalog import Catalog, Roots
from suite.catalog.dataset_card import DatasetCard
from suite.catalog.errors import CatalogError, spelt_out
from suite.catalog.files import is_folder, names_in
from suite.catalog.idle_limits import idle_limits
from suite.catalog.inheritance import with_inherited
from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard
from suite.catalog.provider_card import ProviderCard
from suite.catalog.table import Card
from suite.catalog.unknown_names import unknown_names

C = TypeVar("C", bound=Card)
_DATASET: TypeAdapter[Any] = TypeAdapter(Annotated[DatasetCard, Field(discriminator="kind")])


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
    first = next(chain(unknown_names(catalog), idle_limits(catalog)), None)
    if first:
        raise CatalogError(first)
    return catalog


def read_cards(
    folder: Path | None = None, roots: Roots | None = None, *, pass_over: bool = False
) -> Catalog:
    """A catalog whose cards may name what there is not; otherwise as `read_catalog`.

    With ``pass_over`` those that cannot be read are left out of it, as `broken_cards` has them.
    """
    builtin = builtin_cards()
    if folder is not None and not is_folder(folder):
        raise CatalogError(
            where=folder, what="no such catalog folder; give --catalog an existing one."
        )
    if folder is not None and spelt_out(str(folder.absolute())) != str(folder.absolute()):
        raise CatalogError(
            where=folder.absolute(),
            what="this catalog's path is not text in UTF-8; rename it, or set LC_ALL=C.UTF-8.",
        )
    own = folder or builtin
    unread: set[str] | None = set() if pass_over else None
    models = _read_cards(own / "models", TypeAdapter(ModelCard), unread)
    if folder is not None and not card_files(own / "models"):
        raise CatalogError(f"{folder / 'models'}: holds no model card (*.toml); write one there.")
    modes = builtin_modes = _read_cards(builtin / "modes", TypeAdapter(ModeCard))
    providers = _read_cards(builtin / "providers", TypeAdapter(ProviderCard))
    if folder is not None:
        modes = modes | _read_cards(own / "modes", TypeAdapter(ModeCard), unread)
        providers |= _read_cards(own / "providers", TypeAdapter(ProviderCard), unread)
    modes, providers = with_inherited(modes, builtin_modes, providers)
    return Catalog(
        models=models,
        datasets=_read_cards(own / "datasets", _DATASET, unread),
        modes=modes,
        providers=providers,
        folder=folder or builtin_folder(),
        builtin_modes=builtin_modes,
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
        for path in card_files(own / kind):
            try:
                card = read_card(path, adapter)
            except BrokenCardError as error:
                yield from error.sentences
                continue
            if card.id in ids:
                yield _twice(path, card.id, ids[card.id])
            ids.setdefault(card.id, path)


def card_files(folder: Path) -> list[Path]:
    """The files of the cards in a folder; none where nothing is there.

    Raises
    ------
    CatalogError
        where something else is there, as a link that leads nowhere.
    """
    if os.path.lexists(folder) and not is_folder(folder):
        raise CatalogError(
            where=folder, what="is no folder; put a folder of cards there, or remove it."
        )
    return [folder / name for name in names_in(folder) if name.endswith(".toml")]


def _read_cards(
    folder: Path, adapter: TypeAdapter[C], unread: set[str] | None = None
) -> dict[str, C]:
    """The cards of a folder by id; those that cannot be read are ``unread``, where it is given."""
    cards: dict[str, C] = {}
    for path in card_files(folder):
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
