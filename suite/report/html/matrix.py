"""The matrix of models and modes: a cell each with its outcome and what matters most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suite.judging.outcome import Outcome
from suite.report.cases import CaseRow
from suite.report.html.kinds import in_order
from suite.report.tables import signed

_MIB = 2**20


@dataclass(frozen=True)
class Cell:
    """A case: its outcome, what is not green of it, and its figures in words."""

    outcome: Outcome
    concluded: str
    figures: tuple[str, ...]


@dataclass(frozen=True)
class Matrix:
    """Modes across, models down, the worst first; None where a model was not run in a mode.

    A row is of one model on one backend, whose name is empty where there is but one.
    """

    modes: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str, tuple[Cell | None, ...]], ...]


def matrix(cases: Sequence[CaseRow], kinds: Mapping[str, str]) -> Matrix:
    """The matrix of these cases."""
    known = {(case.model, case.on, case.mode): case for case in cases}
    shown = {case.mode for case in cases}
    modes = tuple(each for each in in_order(kinds) if each[0] in shown)
    return Matrix(
        modes,
        tuple(
            (model, on, tuple(_cell(known.get((model, on, mode))) for mode, _ in modes))
            for model, on in dict.fromkeys((case.model, case.on) for case in cases)
        ),
    )


def _cell(case: CaseRow | None) -> Cell | None:
    if case is None:
        return None
    figures = []
    if case.tar is not None:
        change = case.tar_change
        moved = f" ({signed(change.point, 4)})" if change else ""
        figures.append(f"TAR {case.tar:.4f}{moved}")
    if case.cosine_1st_percentile is not None:
        figures.append(f"cos {case.cosine_1st_percentile:.4f}")
    speed = [f"{case.speedup.point:.2f} ×"] if case.speedup else []
    size = [f"{case.size_bytes / _MIB:.2f} MiB"] if case.size_bytes else []
    if speed or size:
        figures.append(", ".join(speed + size))
    return Cell(case.outcome, case.concluded, tuple(figures))
