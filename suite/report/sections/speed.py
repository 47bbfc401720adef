"""How fast each mode is."""

from collections.abc import Sequence

from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate
from suite.judging.measured import Measured
from suite.judging.record import Against, Record
from suite.report.tables import figure_text, markdown


def speed(records: Sequence[Record]) -> list[str]:
    """The table of one model's latency and throughput."""
    timed = [(r, r.measured) for r in records if r.gate is Gate.LATENCY and r.measured]
    if not timed:
        return []
    rows = [
        (
            record.mode,
            str(measured.identity.get("batch", "")),
            figure_cell(measured, "latency_ms", interval=True),
            *(
                figure_cell(measured, name)
                for name in (
                    *("latency_p90_ms", "latency_p99_ms", "latency_with_copies_ms"),
                    *("images_per_second", "latency_fp32_ms"),
                )
            ),
            figure_cell(measured, "speedup", interval=True),
            _limit(record, Against.FLOOR),
            _limit(record, Against.BASELINE),
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


def figure_cell(measured: Measured | None, name: str, *, interval: bool = False) -> str:
    """A figure as a cell, with its interval where it is asked for."""
    known = measured.known if measured else {}
    if measured is None or name not in known:
        return "–"
    digits, text = FIGURES[name].digits, figure_text(known, name)
    if interval and name in measured.intervals:
        low, high = measured.intervals[name]
        text += f" ({low:.{digits}f} … {high:.{digits}f})"
    return text


def _limit(record: Record, against: Against) -> str:
    found = [r for r in record.rows if r.metric == "speedup" and r.against is against]
    return f"{found[0].held_to:.3f}" if found and found[0].held_to is not None else "–"
