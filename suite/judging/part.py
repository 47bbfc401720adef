"""What every part of a record is: frozen, of known keys, in JSON as in Python."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from suite.catalog.errors import visible
from suite.catalog.figure import ROUNDING


class Frozen(BaseModel):
    """A part of a record."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        serialize_by_alias=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    def shown(self) -> Self:
        """The same, with every text as a report may show it.

        Spelt out are bytes of paths and names that are no UTF-8, which no file can hold otherwise,
        and characters that would steer a terminal or a page.
        """
        told = {name: getattr(self, name) for name in type(self).model_fields}
        return self.model_copy(update={name: _spelt(value) for name, value in told.items()})


def _spelt(value: Any) -> Any:
    if type(value) is str:
        return visible(value)
    if isinstance(value, Frozen):
        return value.shown()
    if isinstance(value, dict):
        return {_spelt(key): _spelt(each) for key, each in value.items()}
    if isinstance(value, tuple) and not (value and isinstance(value[0], float | int)):
        return tuple(map(_spelt, value))
    return value


Count = Annotated[int, Field(ge=0)]
# A squared distance of unit vectors.
Distance = Annotated[float, Field(ge=-ROUNDING, le=4 + ROUNDING)]
Rate = Annotated[float, Field(ge=0, le=1)]
Cosine = Annotated[float, Field(ge=-1 - ROUNDING, le=1 + ROUNDING)]
