"""One model in one mode."""

from dataclasses import dataclass

from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard


@dataclass(frozen=True)
class Case:
    """One model in one mode.

    ``skip`` says why it cannot be run here, ``not_applicable`` why never on this provider.
    """

    model: ModelCard
    mode: ModeCard
    skip: str | None = None
    not_applicable: str | None = None

    @property
    def id(self) -> str:
        """The case as test ids and messages name it."""
        return f"{self.model.id}-{self.mode.id}"
