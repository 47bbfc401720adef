"""How a dataset's files are found, kept and counted while it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reading:
    """What reading a set needs besides its card.

    Attributes
    ----------
    locate : gives the path for a path in the card
    aligned : the folder in which aligned faces are kept
    advance : called with the images read and how many there are
    """

    locate: Callable[[str], Path]
    aligned: Path
    advance: Callable[[int, int], None] | None = None
