"""What every part of a record is: frozen, of known keys, in JSON as in Python."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

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


Count = Annotated[int, Field(ge=0)]
# A squared distance of unit vectors.
Distance = Annotated[float, Field(ge=-ROUNDING, le=4 + ROUNDING)]
Rate = Annotated[float, Field(ge=0, le=1)]
Cosine = Annotated[float, Field(ge=-1 - ROUNDING, le=1 + ROUNDING)]
