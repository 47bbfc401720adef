"""The gates that a run is to go through: what it judged is compared with them."""

from collections.abc import Iterable
from dataclasses import dataclass

from suite.catalog.case import Case
from suite.catalog.gate import Gate


@dataclass(frozen=True)
class PlannedGate:
    """A gate of one model in one mode, on one dataset or under one load where it has such."""

    gate: Gate
    model: str
    mode: str
    dataset: str | None = None
    load: str | None = None

    @property
    def name(self) -> str:
        """The last part of its node id."""
        more = [part for part in (self.dataset, self.load) if part]
        return f"test_{self.gate}[{'-'.join([self.model, self.mode, *more])}]"

    def __str__(self) -> str:
        """The gate in words."""
        on = f" on {self.dataset}" if self.dataset else ""
        load = f" ({self.load})" if self.load else ""
        return f"{self.gate} {self.model} {self.mode}{on}{load}"


def gates_of(cases: Iterable[Case]) -> tuple[PlannedGate, ...]:
    """Every gate of some cases."""
    return tuple(
        PlannedGate(gate, case.model.id, case.mode.id, dataset, load)
        for case in cases
        for gate in Gate
        if gate.of_fp32 or not case.mode.is_fp32
        for dataset in (case.model.evaluation if gate.per_dataset else (None,))
        for load in gate.loads or (None,)
    )
