"""The limits of a case: how far figures may move, and what quantization may cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from suite.catalog.figures import FIGURES
from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard
from suite.catalog.policy import ModeOverride, OwnLimits, PolicySpec
from suite.catalog.provider_card import ProviderCard


@dataclass(frozen=True)
class Elsewhere:
    """What of an artifact may run on another provider than the one asked for.

    Attributes
    ----------
    op_types : those that the mode's card lets run there
    nodes : how many nodes of any type the provider's card lets fall back
    providers : the execution providers that its card takes for the same hardware, though
        onnxruntime does not register them so by itself
    """

    op_types: frozenset[str] = frozenset()
    nodes: int = 0
    providers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Limits:
    """What a model in a mode on a provider is held to.

    Attributes
    ----------
    tolerances : how far each figure may lie from the accepted one
    policy : what quantization may cost; the speed floor is among its floors
    asked : the figures that the model's card limits here and nowhere else: were one of them not
        measured, its limit would apply to nothing
    elsewhere : what of a quantized artifact need not run on the provider. FP32 is accepted once for
        all providers, so that its baseline cannot hold it to one's
    """

    tolerances: Mapping[str, float]
    policy: PolicySpec = field(default_factory=PolicySpec)
    asked: frozenset[str] = frozenset()
    elsewhere: Elsewhere = field(default_factory=Elsewhere)


# Of the multiply-accumulates that a static mode claims, what its graph must quantize, and what
# must then run in integers.
LEAST_QUANTIZED = 0.9


def _of_claim(mode: ModeCard) -> PolicySpec:
    """What a mode's claim to quantize asks of a file, where no card says otherwise.

    It is no larger than FP32 and holds its weights in integers. Dynamic INT8 leaves ops in float
    by their kind, so that no share is asked of it.
    """
    if not mode.quantizes:
        return PolicySpec()
    shares = ("quantized_share", "integer_share")
    floor = {} if mode.batch_dependent else dict.fromkeys(shares, LEAST_QUANTIZED)
    return PolicySpec(loss={"size_bytes": 0.0, "float_weights": 0.0}, floor=floor)


def limits_of(
    model: ModelCard,
    mode: ModeCard,
    provider: ProviderCard,
    dataset: str | None = None,
    profile: str = "",
) -> Limits:
    """The figures' own limits with what the mode's card, then the model's, says otherwise.

    What the model's card says of the one dataset comes last. A speed floor is the model's own, else
    the provider's on the profile, else the provider's.
    """
    own = model.modes.get(mode.id, ModeOverride())
    defaults = {
        name: figure.tolerance.fp32 if mode.is_fp32 else figure.tolerance.quantized
        for name, figure in FIGURES.items()
        if figure.tolerance
    }
    here = own.datasets.get(dataset or "", OwnLimits())
    policy = _of_claim(mode).merged(mode.policy).merged(own.policy).merged(here.policy)
    speed = own.speed_floor.get(provider.id, provider.least_speed(mode.id, profile))
    if speed:
        policy = policy.merged(PolicySpec(floor={"speedup": speed}))
    tolerances = {**defaults, **mode.tolerances, **own.tolerances, **here.tolerances}
    alone = own.names if dataset is None or model.evaluation == (dataset,) else frozenset()
    elsewhere = Elsewhere() if mode.is_fp32 else _elsewhere(mode, provider)
    return Limits(tolerances, policy, alone | here.names, elsewhere)


def _elsewhere(mode: ModeCard, provider: ProviderCard) -> Elsewhere:
    return Elsewhere(
        frozenset(mode.may_run_elsewhere.get(provider.id, ())),
        provider.placement.nodes_elsewhere,
        frozenset(provider.foreign),
    )
