"""How fast each mode is, for the terminal: beside the FP32 that was timed in turn with it."""

from collections.abc import Sequence

from suite.catalog.gate import Gate
from suite.judging.record import Record
from suite.report.sections.speed import figure_cell
from suite.report.tables import aligned

_HEADER = ("model", "mode", "batch", "p50 ms", "FP32 beside it", "over FP32 (95 %)", "")
_PREPARED = "over fp32_prepared"


def speed_lines(records: Sequence[Record]) -> list[str]:
    """A line for each mode and batch that was timed in turn with FP32; none without any."""
    timed = [
        (record, record.measured)
        for record in records
        if record.gate is Gate.LATENCY and record.measured and "speedup" in record.measured.known
    ]
    beside = any("speedup_over_prepared" in measured.known for _, measured in timed)
    rows = [
        (
            *(record.model, record.mode, str(measured.identity.get("batch", ""))),
            *(figure_cell(measured, name) for name in ("latency_ms", "latency_fp32_ms")),
            figure_cell(measured, "speedup", interval=True),
            *([figure_cell(measured, "speedup_over_prepared")] if beside else []),
            str(record.outcome),
        )
        for record, measured in timed
    ]
    header = (*_HEADER[:-1], *([_PREPARED] if beside else []), "")
    return aligned(header, rows, words_last=True) if rows else []
