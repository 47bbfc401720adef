"""Where each mode's nodes run, and what loading it costs."""

from collections.abc import Sequence

from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate
from suite.judging.measured import Measured
from suite.judging.record import Record
from suite.report.sections.speed import figure_cell
from suite.report.tables import markdown

_SHOWN_STRAYS = 20


def placement(records: Sequence[Record]) -> list[str]:
    """Where each mode's nodes run, what loading costs, and every node that is elsewhere."""
    placed = [(r, r.measured) for r in records if r.gate is Gate.PLACEMENT and r.measured]
    if not placed:
        return []
    costs = {
        r.mode: r.measured
        for r in records
        if r.gate is Gate.LATENCY and r.measured and "load_ms" in r.measured.observed
    }
    memory = ["peak_memory_mib"]
    if any("device_memory_mib" in measured.observed for measured in costs.values()):
        memory.append("device_memory_mib")
    header = (
        *("Model", "Nodes", "Elsewhere", "Fallen back", "Kernels run", "Time on the provider"),
        *("Memory copies", "Load (ms)", "First run (ms)"),
        *(FIGURES[name].label for name in memory),
    )
    rows = [
        _cells(record.mode, measured, costs.get(record.mode), memory) for record, measured in placed
    ]
    return [
        f"Placement on `{placed[0][0].provider}`, by onnxruntime's assignment and its profile:",
        "",
        *markdown(header, rows),
        "",
        *_strays(placed),
    ]


def _cells(
    mode: str, measured: Measured, cost: Measured | None, memory: Sequence[str]
) -> tuple[str, ...]:
    away = measured.observed.get("time_elsewhere")
    placed = ("nodes", "nodes_elsewhere", "nodes_fallen_back", "kernels")
    return (
        mode,
        *(figure_cell(measured, name) for name in placed),
        "–" if away is None else f"{1 - away:.1%}",
        figure_cell(measured, "memory_copies"),
        *(figure_cell(cost, name) for name in ("load_ms", "first_run_ms", *memory)),
    )


def _strays(placed: Sequence[tuple[Record, Measured]]) -> list[str]:
    strays = [
        (record.mode, s.name, s.op_type, s.provider, "fell back" if s.fell_back else "expected")
        for record, measured in placed
        for s in measured.strays
    ]
    if not strays:
        return []
    shown = strays[:_SHOWN_STRAYS]
    return [
        f"Nodes that run elsewhere ({len(shown)} of {len(strays)}; all are in `report.json`):",
        "",
        *markdown(("Model", "Node", "Op", "Runs on", ""), shown),
        "",
    ]
