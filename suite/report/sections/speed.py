"""How fast each mode is, against its source and against that prepared."""

from collections.abc import Iterator, Sequence

from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate
from suite.catalog.mode_card import PREPARED
from suite.judging.measured import Measured
from suite.judging.record import Against, Record
from suite.report.tables import figure_text, markdown

_TIMES = (
    *("latency_p90_ms", "latency_p99_ms", "latency_with_copies_ms"),
    *("images_per_second", "latency_fp32_ms"),
)


def speed(records: Sequence[Record], runtime: str) -> list[str]:
    """The table of one model's latency and throughput under this version of onnxruntime."""
    timed = [(r, r.measured) for r in records if r.gate is Gate.LATENCY and r.measured]
    if not timed:
        return []
    beside = any("speedup_over_prepared" in measured.observed for _, measured in timed)
    rows = [tuple(_cells(record, measured, beside=beside)) for record, measured in timed]
    prepared = ((f"{PREPARED} p50",), (f"Over {PREPARED} (95 %)",)) if beside else ((), ())
    header = (
        *("Model", "Batch", "p50 (95 %), ms", "p90", "p99", "With host copies", "Images/s"),
        *("FP32 p50", *prepared[0], "Over FP32 (95 %)", *prepared[1], "Floor", "Accepted", ""),
    )
    threads = timed[0][1].identity.get("threads")
    turns = f"FP32 and the mode, and {PREPARED} and the mode," if beside else "FP32 and the mode"
    words = (
        f"Speed, with {threads or 'all'} thread{'' if threads == 1 else 's'} and {runtime}; a "
        f"speed-up is the median over blocks of freshly opened sessions, in which {turns} run in "
        "turn:"
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


def _cells(record: Record, measured: Measured, *, beside: bool) -> Iterator[str]:
    yield record.mode
    yield str(measured.identity.get("batch", ""))
    yield figure_cell(measured, "latency_ms", interval=True)
    for name in _TIMES:
        yield figure_cell(measured, name)
    if beside:
        yield figure_cell(measured, "latency_prepared_ms")
    yield figure_cell(measured, "speedup", interval=True)
    if beside:
        yield figure_cell(measured, "speedup_over_prepared", interval=True)
    yield _limit(record, Against.FLOOR)
    yield _limit(record, Against.BASELINE)
    yield str(record.outcome)


def over_the_faster(measured: Measured) -> str:
    """The speed-up over the source, or over prepared FP32 where that is faster; empty without."""
    known = measured.known
    if "speedup" not in known:
        return ""
    over_prepared = known.get("speedup_over_prepared", known["speedup"])
    if over_prepared < known["speedup"]:
        return f"{over_prepared:.2f} × {PREPARED}"
    return f"{known['speedup']:.2f} ×"


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
