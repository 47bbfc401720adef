"""What a mode may cost, and what a model's card says otherwise."""

from pydantic import field_validator

from suite.catalog.errors import nearest
from suite.catalog.figures import METRICS, SHARES, WITH_INTERVAL
from suite.catalog.table import CardId, Speed, Table


def known_metrics(values: dict[str, float]) -> dict[str, float]:
    """Refuse the limit of a figure that there is not, and one that is no number of 0 or more."""
    for name, value in values.items():
        if name not in METRICS:
            raise ValueError(f"has no metric {name!r}; {nearest(name, METRICS)}")
        if not 0 <= value < float("inf"):
            raise ValueError(f"{name} must be a number of 0 or more")
    return values


class PolicySpec(Table):
    """What quantization may cost against FP32 of the same run.

    ``loss`` bounds how much worse than FP32 a metric may be, ``floor`` is the least a metric of
    the quantized model itself may be. A loss of the metrics in ``on_interval`` is judged on its
    95 % interval: it fails where all of it lies beyond the limit, passes where all lies within.
    """

    loss: dict[str, float] = {}
    floor: dict[str, float] = {}
    on_interval: tuple[str, ...] = ()

    _metrics = field_validator("loss", "floor")(known_metrics)

    @field_validator("floor")
    @classmethod
    def _shares_can_reach_it(cls, values: dict[str, float]) -> dict[str, float]:
        for name in SHARES:
            if values.get(name, 0) > 1:
                raise ValueError(
                    f"has {name} = {values[name]:g}, which is a share and never above 1: write "
                    "92 % as 0.92"
                )
        return values

    @field_validator("on_interval")
    @classmethod
    def _has_intervals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in WITH_INTERVAL:
                raise ValueError(
                    f"has {name!r}, which has no interval; those are {', '.join(WITH_INTERVAL)}"
                )
        return value


class ModeOverride(Table):
    """What a model's card says otherwise than a mode's card; the speed floor, by provider."""

    tolerances: dict[str, float] = {}
    policy: PolicySpec = PolicySpec()
    speed_floor: dict[CardId, Speed] = {}

    _metrics = field_validator("tolerances")(known_metrics)
