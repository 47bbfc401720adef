"""What is said of a gate's limits: those that hold nothing, and those looser than the built-in."""

from collections.abc import Sequence

from suite.catalog.figures import FIGURES
from suite.catalog.limits import Limits, limits_of
from suite.catalog.policy import ModeOverride
from suite.catalog.provider_card import PlacementSpec
from suite.gates.case_work import CaseWork
from suite.judging.kept_limits import idle, kept_limits, widened
from suite.judging.measured import Measured


def held_to_nothing(work: CaseWork, measured: Measured, limits: Limits) -> str | None:
    """Why a limit of the model's card is a mistake; None where each bounds something."""
    asked, _ = idle(measured, limits)
    if not asked:
        return None
    return (
        f"the limits of {_labels(asked)} apply to nothing, for that is not measured here; take "
        f"them out of [modes.{work.mode.id}] in {work.model.card_file.name}"
    )


def on_limits(measured: Measured, limits: Limits) -> tuple[str, ...]:
    """That the mode limits what is not measured here, a line, where it does."""
    _, others = idle(measured, limits)
    if not others:
        return ()
    return (f"not measured here, so that their limits hold nothing: {_labels(others)}",)


def eased(work: CaseWork, dataset_id: str | None, measured: Measured) -> tuple[str, ...]:
    """What the case's limits allow beyond those of the built-in mode that is its measure."""
    model = work.model.model_copy(update={"modes": {work.mode.id: ModeOverride()}})
    own = work.limits(dataset_id)
    provider = work.bench.provider.model_copy(update={"placement": PlacementSpec()})
    kin, profile = work.bench.catalog.kin_of(work.mode), work.bench.profile
    plain = limits_of(model, kin, provider, profile=profile)
    return tuple(widened(kept_limits(measured, own), kept_limits(measured, plain)))


def _labels(names: Sequence[str]) -> str:
    return ", ".join(FIGURES[name].label for name in names)
