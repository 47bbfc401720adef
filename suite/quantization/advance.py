"""How far a long step has come, told to whoever shows it."""

from typing import Protocol


class Advance(Protocol):
    """Takes what is done of a total, and in words what is being done; a total of 0 is unknown."""

    def __call__(self, done: int, total: int, doing: str = "") -> None:
        """Show it, or do nothing."""


def unseen(done: int, total: int, doing: str = "") -> None:
    """Show nothing."""
