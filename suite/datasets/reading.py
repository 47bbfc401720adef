"""How a dataset's files are found, kept and counted while it is read."""

import os
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
    threads : how many images are aligned at once; 0 for one a core
    """

    locate: Callable[[str], Path]
    aligned: Path
    advance: Callable[[int, int], None] | None = None
    threads: int = 0

    @property
    def at_once(self) -> int:
        """How many images are aligned at once."""
        return self.threads or os.cpu_count() or 1
