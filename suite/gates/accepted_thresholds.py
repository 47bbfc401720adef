"""The accepted thresholds of a case on a set, at which today's errors are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suite.catalog.errors import BaselineError
from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate, Section
from suite.gates.accepted_file import accepted_file
from suite.judging.kept_threshold import just_below

if TYPE_CHECKING:
    from suite.gates.case_work import CaseWork


def accepted_thresholds(work: CaseWork, dataset_id: str) -> dict[str, float]:
    """Squared distances by the TAR@FAR that they are of; empty where nothing is accepted.

    A baseline that cannot be read has none: the gate that is held to it says so.
    """
    try:
        entry = accepted_file(work).entry(str(Section(Gate.VERIFICATION, dataset_id)))
    except BaselineError:
        return {}
    figures = entry.figures if entry else {}
    return {
        name: just_below(figures[f"{name}_threshold"])
        for name, figure in FIGURES.items()
        if figure.rests_on == name and f"{name}_threshold" in figures
    }
