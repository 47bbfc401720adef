"""Names in cards of what there is not."""

from collections.abc import Iterator, Mapping

from suite.catalog.catalog import Catalog
from suite.catalog.dataset_card import PAIRED_KINDS
from suite.catalog.errors import nearest, one_of
from suite.catalog.inheritance import is_circular
from suite.catalog.model_card import ModelCard
from suite.catalog.table import Card


def unknown_names(catalog: Catalog) -> Iterator[str]:
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
            card = catalog.datasets.get(name)
            if card and not card.HAS_PAIRS and key.startswith("evaluation"):
                yield (
                    f"{model.card_file}: key {key!r}: {name!r} is a {card.kind} without pairs; "
                    f"name a dataset of kind {one_of(PAIRED_KINDS)}."
                )
        for key, name in _mode_names(model):
            yield from absent(catalog.modes, name, model, key, "mode")
        yield from _unmade(catalog, model)
        for key, name in _provider_names(model):
            yield from absent(catalog.providers, name, model, key, "provider")
    for provider in catalog.providers.values():
        for table in ("recipe", "not_applicable", "speed_floor"):
            for mode_id in getattr(provider, table):
                yield from absent(catalog.modes, mode_id, provider, f"{table}.{mode_id}", "mode")
        for profile, floors in provider.speed_floor_for_profile.items():
            for mode_id in floors:
                key = f"speed_floor_for_profile.{profile}.{mode_id}"
                yield from absent(catalog.modes, mode_id, provider, key, "mode")
    for mode in catalog.modes.values():
        if mode.extends:
            yield from absent(catalog.modes, mode.extends, mode, "extends", "mode")
        if is_circular(mode, catalog.modes):
            yield (
                f"{mode.card_file}: key 'extends': {mode.extends!r} extends this mode; one of the "
                "two must stand alone."
            )
        for provider_id in mode.may_run_elsewhere:
            key = f"may_run_elsewhere.{provider_id}"
            yield from absent(catalog.providers, provider_id, mode, key, "provider")


def _dataset_names(model: ModelCard) -> Iterator[tuple[str, str]]:
    """Each dataset that a model's card names, after its key."""
    yield from ((f"evaluation[{index}]", name) for index, name in enumerate(model.evaluation))
    if model.calibration:
        yield "calibration", model.calibration
    if model.selection:
        yield "selection", model.selection
    yield from (
        (f"reference[{index}].dataset", row.dataset) for index, row in enumerate(model.reference)
    )


def _mode_names(model: ModelCard) -> Iterator[tuple[str, str]]:
    yield from ((f"further_modes[{index}]", n) for index, n in enumerate(model.further_modes))
    yield from ((f"artifacts.{name}", name) for name in model.artifacts)
    yield from ((f"modes.{name}", name) for name in model.modes)
    yield from ((f"reference[{index}].mode", row.mode) for index, row in enumerate(model.reference))


def _unmade(catalog: Catalog, model: ModelCard) -> Iterator[str]:
    """The further modes that there would be no artifact of."""
    for index, name in enumerate(model.further_modes):
        mode = catalog.modes.get(name)
        if mode and mode.recipe is None and name not in model.artifacts:
            yield (
                f"{model.card_file}: key 'further_modes[{index}]': {name!r} has no recipe; bring "
                f"its file under [artifacts.{name}], or take it off the list."
            )


def _provider_names(model: ModelCard) -> Iterator[tuple[str, str]]:
    for mode, override in model.modes.items():
        yield from ((f"modes.{mode}.speed_floor.{name}", name) for name in override.speed_floor)
    for mode, brought in model.artifacts.items():
        yield from ((f"artifacts.{mode}.providers.{name}", name) for name in brought.providers)
