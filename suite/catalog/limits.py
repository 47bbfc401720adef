"""The limits of a case: how far figures may move, and what quantization may cost."""

from collections.abc import Mapping
from dataclasses import dataclass

from suite.catalog.figures import FIGURES
from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard
from suite.catalog.policy import ModeOverride, PolicySpec
from suite.catalog.provider_card import ProviderCard


@dataclass(frozen=True)
class Limits:
    """What a model in a mode on a provider is held to.

    Attributes
    ----------
    tolerances : how far each figure may lie from the accepted one
    policy : what quantization may cost; the speed floor is among its floors
    """

    tolerances: Mapping[str, float]
    policy: PolicySpec


def limits_of(model: ModelCard, mode: ModeCard, provider: ProviderCard) -> Limits:
    """The figures' own limits with what the mode's card, then the model's, says otherwise.

    A speed floor is the model's own, else the provider's.
    """
    own = model.modes.get(mode.id, ModeOverride())
    defaults = {
        name: figure.tolerance.fp32 if mode.is_fp32 else figure.tolerance.quantized
        for name, figure in FIGURES.items()
        if figure.tolerance
    }
    policy = mode.policy.merged(own.policy)
    speed = own.speed_floor.get(provider.id, provider.speed_floor.get(mode.id))
    if speed:
        policy = policy.merged(PolicySpec(floor={"speedup": speed}))
    return Limits({**defaults, **mode.tolerances, **own.tolerances}, policy)
