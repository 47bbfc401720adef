"""Everything that is wrong in a catalog, instead of the first thing."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from suite.cards import Card, ModelCard
from suite.catalog import (
    Catalog,
    Roots,
    broken_cards,
    read_catalog,
    require_dataset,
)
from suite.datasets.loading import load_dataset
from suite.errors import SuiteError
from suite.models.source import open_named
from suite.runtime.embedding import check_network
from suite.runtime.sessions import load


def problems_of(folder: Path | None, roots: Roots) -> Iterator[str]:
    """Walk a catalog: its cards, what they name, the files' hashes, the networks' inputs.

    A model that runs on request alone is looked at where its weights are here.
    """
    broken = list(broken_cards(folder))
    if broken:
        # What refers to a card that cannot be read would only be wrong in consequence.
        yield from broken
        return
    try:
        catalog = read_catalog(folder, roots)
    except SuiteError as error:
        yield str(error)
        return
    for model in catalog.models.values():
        there = catalog.locate(model, model.source.file, weights=True).is_file()
        if there or not model.on_request:
            yield from _of_model(catalog, model)
    needed = {
        name
        for model in catalog.models.values()
        if not model.on_request
        for name in (*model.evaluation, model.calibration)
        if name
    }
    for name in sorted(needed):
        card = catalog.datasets[name]
        try:
            require_dataset(catalog, card)
            load_dataset(card, partial(catalog.locate, card))
        except SuiteError as error:
            yield _with_card(card, error)


def _of_model(catalog: Catalog, model: ModelCard) -> Iterator[str]:
    try:
        file = open_named(catalog, model, model.source)
        session = load(file.path, catalog.providers["cpu"], threads=1)
        check_network(session, model.preprocess, model.outputs, model.flip)
    except SuiteError as error:
        yield _with_card(model, error)


def _with_card(card: Card, error: SuiteError) -> str:
    words = str(error)
    return words if str(card.card_file) in words else f"{card.card_file}: {words}"
