"""What a mode may cost, and what a model's card says otherwise."""

from typing import Self

from pydantic import field_validator, model_validator

from suite.catalog.errors import nearest
from suite.catalog.figures import FIGURES
from suite.catalog.table import CardId, Speed, Table


def known_figures(values: dict[str, float]) -> dict[str, float]:
    """Refuse the limit of a figure that there is not, and one that is no number of 0 or more.

    Raises
    ------
    ValueError
        with what is wrong, in words.
    """
    for name, value in values.items():
        if name not in FIGURES:
            raise ValueError(f"has no metric {name!r}; {nearest(name, FIGURES)}")
        if value < 0:
            raise ValueError(f"{name} must be a number of 0 or more")
    return values


def with_tolerance(values: dict[str, float]) -> dict[str, float]:
    """As `known_figures`; further, refuse the tolerance of a figure that nothing compares."""
    for name in known_figures(values):
        if FIGURES[name].tolerance is None:
            raise ValueError(f"has {name}, which is compared with nothing: it needs no tolerance")
    return values


class PolicySpec(Table):
    """What quantization may cost against FP32 of the same run.

    ``loss`` bounds how much worse than FP32 a figure may be, ``floor`` is the least a figure of
    the quantized model itself may be. A loss of the figures in ``on_interval`` is judged on its
    95 % interval: it fails where all of it lies beyond the limit, passes where all lies within.
    """

    loss: dict[str, float] = {}
    floor: dict[str, float] = {}
    on_interval: tuple[str, ...] = ()

    @field_validator("loss")
    @classmethod
    def _can_be_lost(cls, values: dict[str, float]) -> dict[str, float]:
        for name in known_figures(values):
            if not FIGURES[name].can_be_lost:
                raise ValueError(
                    f"has {name}, of which FP32 has none to lose: a loss of it bounds nothing"
                )
        return values

    @field_validator("floor")
    @classmethod
    def _bounds_what_may_fall(cls, values: dict[str, float]) -> dict[str, float]:
        for name, value in known_figures(values).items():
            if FIGURES[name].worse == "higher":
                raise ValueError(
                    f"has {name}, which is the worse the higher it is: a floor of it bounds nothing"
                )
            if FIGURES[name].is_share and value > 1:
                raise ValueError(
                    f"has {name} = {value:g}, which is never above 1: write 92 % as 0.92"
                )
        return values

    @field_validator("on_interval")
    @classmethod
    def _has_intervals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        resampled = [name for name, figure in FIGURES.items() if figure.drawn == "people"]
        for name in value:
            if name not in resampled:
                raise ValueError(
                    f"has {name!r}, which has no interval; those are {', '.join(resampled)}"
                )
        return value

    def merged(self, own: Self) -> Self:
        """This policy with what another says otherwise, key by key."""
        return self.model_copy(
            update={
                "loss": {**self.loss, **own.loss},
                "floor": {**self.floor, **own.floor},
                "on_interval": own.on_interval or self.on_interval,
            }
        )


class OwnLimits(Table):
    """What a model's card says otherwise than a mode's card."""

    tolerances: dict[str, float] = {}
    policy: PolicySpec = PolicySpec()

    _compared = field_validator("tolerances")(with_tolerance)

    @property
    def names(self) -> frozenset[str]:
        """The figures that it limits."""
        return frozenset({*self.tolerances, *self.policy.loss, *self.policy.floor})


class OnDataset(OwnLimits):
    """What holds on one evaluation set alone."""

    @model_validator(mode="after")
    def _of_a_set(self) -> Self:
        for name in sorted(self.names):
            if not FIGURES[name].gate.per_dataset:
                raise ValueError(f"limits {name}, which is measured on no set: write it above")
        return self


class ModeOverride(OwnLimits):
    """What a model's card says otherwise than a mode's card, by dataset too.

    The speed floor is by provider.
    """

    speed_floor: dict[CardId, Speed] = {}
    datasets: dict[CardId, OnDataset] = {}
