"""What every card and every table of a card is."""

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

# Files and folders are named by it, with more beside it than a system's 255 bytes would leave.
CardId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=100)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Fraction = Annotated[float, Field(ge=0, le=1)]
Speed = Annotated[float, Field(gt=0)]
# What `draft` writes where a person has to say something; no card with one left is read.
BLANK = "FILL IN"


class Table(BaseModel):
    """A table of a card: no unknown key, no silent conversion, no NaN, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class HashedTable(Table):
    """A table whose values are hashed into accepted baselines and into the keys of caches.

    A hash outlives new keys by one rule. Each key of format 1 is hashed with its value, whatever
    that is; a key that came later is hashed only where it differs from its default. So a default
    never changes: another default needs another key.

    Attributes
    ----------
    FORMAT_1 : the hashed keys of the first published format; nothing is ever added
    NOT_HASHED : keys that do not decide what comes out, so that hashes leave them out
    """

    FORMAT_1: ClassVar[frozenset[str]]
    NOT_HASHED: ClassVar[frozenset[str]] = frozenset()

    def hashed(self) -> dict[str, object]:
        """The values, as JSON, that a hash of the table is made of."""
        fields = type(self).model_fields
        later = fields.keys() - self.FORMAT_1 - self.NOT_HASHED
        changed = {
            key
            for key in later
            if getattr(self, key) != fields[key].get_default(call_default_factory=True)
        }
        return self.model_dump(mode="json", include=set(self.FORMAT_1) | changed)


class Card(Table):
    """What every card has: an id unique among its kind, and the file it was read from."""

    id: CardId
    title: str = ""
    card_file: Path = Field(exclude=True)

    def also_at(self, relative: str) -> tuple[str, ...]:
        """Further relative paths at which what the card names as ``relative`` may lie."""
        return ()
