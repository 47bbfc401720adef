"""What a mode may cost, and what a model's card says otherwise."""

from typing import Self

from pydantic import field_validator

from suite.catalog.errors import nearest
from suite.catalog.figures import FIGURES
from suite.catalog.table import CardId, Speed, Table


def known_figures(values: dict[str, float]) -> dict[str, float]:
    """Refuse the limit of a figure that there is not, and one that is no number of 0 or more."""
    for name, value in values.items():
        if name not in FIGURES:
            raise ValueError(f"has no metric {name!r}; {nearest(name, FIGURES)}")
        if not 0 <= value < float("inf"):
            raise ValueError(f"{name} must be a number of 0 or more")
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

    _figures = field_validator("loss", "floor")(known_figures)

    @field_validator("floor")
    @classmethod
    def _shares_can_reach_it(cls, values: dict[str, float]) -> dict[str, float]:
        for name, value in values.items():
            if FIGURES[name].is_share and value > 1:
                raise ValueError(
                    f"has {name} = {value:g}, which is a share and never above 1: write 92 % as "
                    "0.92"
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


class ModeOverride(Table):
    """What a model's card says otherwise than a mode's card; the speed floor, by provider."""

    tolerances: dict[str, float] = {}
    policy: PolicySpec = PolicySpec()
    speed_floor: dict[CardId, Speed] = {}

    _figures = field_validator("tolerances")(known_figures)
