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
    def mode_on_request(self) -> bool:
        """Whether the model runs in the mode where that is named alone."""
        return not runs_unasked(self.model, self.mode)

    @property
    def id(self) -> str:
        """The case as test ids and messages name it."""
        return f"{self.model.id}-{self.mode.id}"


def runs_unasked(model: ModelCard, mode: ModeCard) -> bool:
    """Whether a model runs in a mode that no option names."""
    asked_for = mode.id in model.further_modes or mode.id in model.artifacts
    return asked_for or not mode.on_request
