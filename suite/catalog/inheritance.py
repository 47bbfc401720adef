"""What a mode's card has from another mode: all that it leaves out, or limits alone."""

from collections.abc import Iterator, Mapping

from suite.catalog.mode_card import ModeCard
from suite.catalog.policy import PolicySpec
from suite.catalog.provider_card import ProviderCard

# Who writes a card wants its mode run: being on request is the other mode's own.
_OWN = frozenset({"id", "title", "card_file", "extends", "on_request", "tolerances", "policy"})


def kin(mode: ModeCard, modes: Mapping[str, ModeCard], builtin: Mapping[str, ModeCard]) -> ModeCard:
    """The built-in mode whose limits a mode is measured by: its own, else of its kind."""
    for extended in _line(mode, modes):
        if extended.id in builtin:
            return builtin[extended.id]
        mode = extended
    dynamic = mode.batch_dependent or (mode.recipe is not None and mode.recipe.method == "dynamic")
    return builtin["int8_dynamic" if dynamic else "int8_static_qdq"]


def has_no_policy(mode: ModeCard) -> bool:
    """Whether a card that extends no other says nothing of what a quantized mode may cost."""
    return mode.policy == PolicySpec() and mode.extends is None and not mode.is_fp32


def is_circular(mode: ModeCard, modes: Mapping[str, ModeCard]) -> bool:
    """Whether a mode extends itself, by way of others too."""
    *_, last = _line(mode, modes)
    return last.extends in modes


def _line(mode: ModeCard, modes: Mapping[str, ModeCard]) -> Iterator[ModeCard]:
    """A mode, the one that it extends, and so on, each once."""
    seen: set[str] = set()
    while mode.id not in seen:
        yield mode
        seen.add(mode.id)
        if mode.extends is None or mode.extends not in modes:
            return
        mode = modes[mode.extends]


_TABLES = ("recipe", "not_applicable", "speed_floor")


def with_inherited(
    modes: Mapping[str, ModeCard],
    builtin: Mapping[str, ModeCard],
    providers: Mapping[str, ProviderCard],
) -> tuple[dict[str, ModeCard], dict[str, ProviderCard]]:
    """Modes and providers as they hold: what a mode extends, and limits where it has none.

    A mode that extends another has each key from it that its card leaves out, limits key by key,
    and what providers' cards say of that other. One that extends none and has no policy gets that
    of its built-in kin, with its speed floors. A mode that extends what there is not stays so.
    """
    whole: dict[str, ModeCard] = {}
    for mode in modes.values():
        _complete(mode, modes, builtin, whole)
    # A mode comes after the one that it extends.
    for mode_id in whole:
        mode = modes[mode_id]
        if mode.extends:
            providers = _as_of(providers, mode_id, mode.extends, *_TABLES)
        elif has_no_policy(mode):
            providers = _as_of(providers, mode_id, kin(mode, modes, builtin).id, "speed_floor")
    return {mode_id: whole[mode_id] for mode_id in modes}, dict(providers)


def _complete(
    mode: ModeCard,
    modes: Mapping[str, ModeCard],
    builtin: Mapping[str, ModeCard],
    whole: dict[str, ModeCard],
) -> ModeCard:
    if mode.id in whole:
        return whole[mode.id]
    if has_no_policy(mode):
        like = kin(mode, modes, builtin)
        tolerances = {**like.tolerances, **mode.tolerances}
        limits = {"tolerances": tolerances, "policy": like.policy}
        return whole.setdefault(mode.id, mode.model_copy(update=limits))
    if mode.extends is None or mode.extends not in modes or is_circular(mode, modes):
        return whole.setdefault(mode.id, mode)
    base = _complete(modes[mode.extends], modes, builtin, whole)
    left_out = ModeCard.model_fields.keys() - mode.model_fields_set - _OWN
    update = {
        **{key: getattr(base, key) for key in left_out},
        "tolerances": {**base.tolerances, **mode.tolerances},
        "policy": base.policy.merged(mode.policy),
    }
    return whole.setdefault(mode.id, mode.model_copy(update=update))


def _as_of(
    providers: Mapping[str, ProviderCard], mode: str, other: str, *tables: str
) -> dict[str, ProviderCard]:
    """Providers' cards that say of a mode, where they say nothing, what they say of another."""
    changed = {}
    for name, provider in providers.items():
        update = {}
        for table in tables:
            said = getattr(provider, table)
            if other in said:
                update[table] = {mode: said[other], **said}
        if "speed_floor" in tables:
            update["speed_floor_for_profile"] = {
                profile: {mode: floors[other], **floors} if other in floors else floors
                for profile, floors in provider.speed_floor_for_profile.items()
            }
        changed[name] = provider.model_copy(update=update)
    return changed
