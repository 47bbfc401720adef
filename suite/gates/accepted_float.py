"""The layers in float of an accepted mixed artifact, which is built so again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from suite.catalog.gate import Gate
from suite.gates.accepted_file import accepted_file
from suite.quantization.artifact import Ingredients

if TYPE_CHECKING:
    from suite.gates.case_work import CaseWork


def with_accepted(made: Ingredients, work: CaseWork) -> Ingredients:
    """Ingredients with the choice that was accepted of the same source, recipe, policy and faces.

    What a layer costs in float is timed, so that another machine could choose otherwise.
    """
    entry = accepted_file(work).entry(str(Gate.ARTIFACT))
    if entry is None or entry.in_float is None:
        return made
    same = {
        "source": made.source_sha256,
        "recipe": made.recipe_sha256,
        "calibration": made.calibration.sha256 if made.calibration else None,
    }
    if any(entry.identity.get(key) != value for key, value in same.items()):
        return made
    return replace(made, accepted_float=entry.in_float, accepted_trace=entry.trace)
