"""A recipe: a mode made concrete for one provider and profile."""

from suite.catalog.mode_card import ModeCard, RecipeSpec
from suite.catalog.profiles import serving
from suite.catalog.provider_card import ProviderCard


def resolve_recipe(mode: ModeCard, provider: ProviderCard, profile: str) -> RecipeSpec | None:
    """The mode's recipe with the provider's, then the profile's changes; None if it has none.

    Where the mode says nothing of a profile, what it says of its kin serves.
    """
    if mode.recipe is None:
        return None
    named = (name for name in serving(profile) if name in mode.recipe_for_profile)
    changes: dict[str, object] = {}
    for table, key in (
        (provider.recipe, mode.id),
        (mode.recipe_for_profile, next(named, profile)),
    ):
        if key in table:
            changes.update(table[key].model_dump(exclude_none=True))
    return mode.recipe.model_copy(update=changes)
