"""A recipe: a mode made concrete for one provider and profile."""

from suite.catalog.mode_card import ModeCard, RecipeSpec
from suite.catalog.provider_card import ProviderCard


def resolve_recipe(mode: ModeCard, provider: ProviderCard, profile: str) -> RecipeSpec | None:
    """The mode's recipe with the provider's, then the profile's changes; None if it has none."""
    if mode.recipe is None:
        return None
    changes: dict[str, object] = {}
    for table, key in (
        (provider.recipe, mode.id),
        (mode.recipe_for_profile, profile),
    ):
        if key in table:
            changes.update(table[key].model_dump(exclude_none=True))
    return mode.recipe.model_copy(update=changes)
