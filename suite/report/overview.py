"""The cases of a run on the terminal: a line a model and mode, the worst first."""

from collections.abc import Sequence

from suite.catalog.figures import FIGURES
from suite.judging.record import Record
from suite.report.cases import CaseRow, rows
from suite.report.tables import aligned, signed

_HEADER = ("model", "mode", "TAR", "to FP32 (95 %)", "cosine 1 %", "× FP32", "MiB", "outcome")
_MIB = 2**20
# On a screen, of many cases.
_MOST = 40


def overview_lines(records: Sequence[Record]) -> list[str]:
    """A line for each model and mode, the worst first, and how many others there are."""
    found = rows(records)
    if not found:
        return []
    names = dict.fromkeys(row.tar_name for row in found if row.tar_name)
    tar = FIGURES[next(iter(names))].label if len(names) == 1 else _HEADER[2]
    header = [tar if cell == _HEADER[2] else cell for cell in _HEADER]
    cells = [_cells(row, with_name=len(names) > 1) for row in found[:_MOST]]
    lines = aligned(header, cells, words_last=True)
    others = len(found) - _MOST
    return [*lines, *([f"… and {others} other cases"] if others > 0 else [])]


def _cells(row: CaseRow, *, with_name: bool) -> tuple[str, ...]:
    tar = "–" if row.tar is None else f"{row.tar:.4f}"
    if with_name and row.tar_name:
        tar += f" {FIGURES[row.tar_name].label.removeprefix('TAR')}"
    change = row.tar_change
    moved = "–" if change is None else signed(change.point, 4)
    if change is not None and change.low != change.high:
        moved += f" ({signed(change.low, 4)} … {signed(change.high, 4)})"
    near = row.cosine_1st_percentile
    return (
        row.model,
        row.mode,
        tar,
        moved,
        "–" if near is None else f"{near:.4f}",
        f"{row.speedup.point:.2f}" if row.speedup else "–",
        "–" if row.size_bytes is None else f"{row.size_bytes / _MIB:.2f}",
        row.concluded,
    )
