"""How fast each mode is, where its nodes run, and what loading it costs."""

from collections.abc import Sequence

from suite.metrics import METRICS
from suite.records import Measured, Record
from suite.report.tables import markdown

_SHOWN_STRAYS = 20


def speed(records: Sequence[Record]) -> list[str]:
    """The table of one model's latency and throughput."""
    timed = [(r, r.measured) for r in records if r.gate == "latency" and r.measured]
    if not timed:
        return []
    rows = [
        (
            record.mode,
            str(measured.identity.get("batch", "")),
            _figure(measured, "latency_ms", interval=True),
            *(
                _figure(measured, name)
                for name in (
                    *("latency_p90_ms", "latency_p99_ms", "latency_with_copies_ms"),
                    *("images_per_second", "latency_fp32_ms"),
                )
            ),
            _figure(measured, "speedup", interval=True),
            _limit(record, "floor"),
            _limit(record, "baseline"),
            str(record.outcome),
        )
        for record, measured in timed
    ]
    header = (
        *("Model", "Batch", "p50 (95 %), ms", "p90", "p99", "With host copies", "Images/s"),
        *("FP32 p50", "Speed-up (95 %)", "Floor", "Accepted", ""),
    )
    threads = timed[0][1].identity.get("threads")
    words = (
        f"Speed, with {threads or 'all'} thread{'' if threads == 1 else 's'}; the speed-up is the "
        "median over blocks of freshly opened sessions, in which FP32 and the mode run in turn:"
    )
    notes = [
        f"**{record.mode}**, batch {measured.identity.get('batch')}: {remark}."
        for record, measured in timed
        for remark in measured.remarks
    ]
    lines = [words, "", *markdown(header, rows), ""]
    for note in notes:
        lines += [f"- {note}"]
    return [*lines, *([""] if notes else [])]


def placement(records: Sequence[Record]) -> list[str]:
    """Where each mode's nodes run, what loading costs, and every node that is elsewhere."""
    placed = [(r, r.measured) for r in records if r.gate == "placement" and r.measured]
    if not placed:
        return []
    costs = {
        r.mode: r.measured
        for r in records
        if r.gate == "latency" and r.measured and "load_ms" in r.measured.observed
    }
    memory = ["peak_memory_mib"]
    if any("device_memory_mib" in measured.observed for measured in costs.values()):
        memory.append("device_memory_mib")
    rows = [
        (
            record.mode,
            *(
                _figure(measured, name)
                for name in ("nodes", "nodes_elsewhere", "nodes_fallen_back", "kernels")
            ),
            f"{1 - measured.observed['time_elsewhere']:.1%}",
            _figure(measured, "memory_copies"),
            *(
                _figure(costs.get(record.mode), name)
                for name in ("load_ms", "first_run_ms", *memory)
            ),
        )
        for record, measured in placed
    ]
    header = (
        *("Model", "Nodes", "Elsewhere", "Fallen back", "Kernels run", "Time on the provider"),
        *("Memory copies", "Load (ms)", "First run (ms)"),
        *(METRICS[name].label for name in memory),
    )
    provider = placed[0][0].provider
    lines = [
        f"Placement on `{provider}`, by onnxruntime's assignment and its profile:",
        "",
        *markdown(header, rows),
        "",
    ]
    strays = [
        (record.mode, s.name, s.op_type, s.provider, "fell back" if s.fell_back else "expected")
        for record, measured in placed
        for s in measured.strays
    ]
    if strays:
        shown = strays[:_SHOWN_STRAYS]
        lines += [
            f"Nodes that run elsewhere ({len(shown)} of {len(strays)}; all are in `report.json`):",
            "",
            *markdown(("Model", "Node", "Op", "Runs on", ""), shown),
            "",
        ]
    return lines


def _figure(measured: Measured | None, name: str, *, interval: bool = False) -> str:
    known = {**measured.figures, **measured.observed} if measured else {}
    if measured is None or name not in known:
        return "–"
    digits = METRICS[name].digits
    text = f"{known[name]:.{digits}f}"
    if interval and name in measured.intervals:
        low, high = measured.intervals[name]
        text += f" ({low:.{digits}f} … {high:.{digits}f})"
    return text


def _limit(record: Record, against: str) -> str:
    found = [r for r in record.rows if r.metric == "speedup" and r.against == against]
    return f"{found[0].reference:.3f}" if found and found[0].reference is not None else "–"
