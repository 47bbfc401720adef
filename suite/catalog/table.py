"""What every card and every table of a card is."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

CardId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


Fraction = Annotated[float, Field(ge=0, le=1)]


Speed = Annotated[float, Field(gt=0)]


# What `draft` writes where a person has to say something; no card with one left is read.
BLANK = "FILL IN"


class Table(BaseModel):
    """A table of a card: no unknown key, no silent conversion, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Card(Table):
    """What every card has: an id unique among its kind, and the file it was read from."""

    id: CardId
    title: str = ""
    card_file: Path = Field(exclude=True)
