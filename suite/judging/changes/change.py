"""One difference between two states of a gate."""

from enum import StrEnum

from suite.judging.part import Frozen


class Kind(StrEnum):
    """What a change is of, the most harmful first."""

    COVERAGE = "coverage"
    IDENTITY = "identity"
    FIGURE = "figure"
    LIMIT = "limit"
    CARD = "card"


class Change(Frozen):
    """A difference.

    ``harmful`` are less coverage, another identity, a worse figure and a wider limit. ``where`` is
    the card or baseline, from the catalog's folder; ``of`` what it is of, in words, as a model in a
    mode on a set; ``what`` the figure, key or thing. ``before`` and ``after`` are values in words,
    empty where there is none. ``cause`` names the keys that explain it.
    """

    kind: Kind
    harmful: bool
    where: str
    of: str
    what: str
    before: str = ""
    after: str = ""
    cause: str = ""

    @property
    def sentence(self) -> str:
        """The difference in words, without where and of what it is."""
        moved = f" {self.before or 'none'} → {self.after or 'none'}"
        return self.what + (moved if self.before or self.after else "")
