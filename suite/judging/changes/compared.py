"""What a run's cards and baselines are compared with, and how they differ."""

from suite.judging.changes.change import Change
from suite.judging.part import Frozen

NOTHING = "nothing compared: fetch history or give --base"


class Compared(Frozen):
    """What changed between a base and the cards and baselines that a run ended with.

    Attributes
    ----------
    base : the base in words, as a branch or a revision; empty where nothing was compared
    commit : its commit's hash
    changes : harmful first; none where the gate holds the same
    why_not : why nothing was compared; empty where it was
    """

    base: str = ""
    commit: str = ""
    changes: tuple[Change, ...] = ()
    why_not: str = ""

    @property
    def named(self) -> str:
        """The base with the beginning of its commit's hash.

        >>> Compared(base="origin/main", commit="0123456789abcdef").named
        'origin/main (0123456)'
        """
        short = self.commit[:7]
        return f"{self.base} ({short})" if short not in self.base else self.base
