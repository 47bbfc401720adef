"""Where a model is judged by looser limits than the built-in modes have."""

from collections.abc import Sequence

from suite.judging.record import Record


def eased(records: Sequence[Record]) -> list[str]:
    """What one model's limits allow beyond those of the built-in modes, a line a section."""
    lines = []
    for record in records:
        if record.eased:
            place = f" on {record.dataset}" if record.dataset else ""
            lines.append(f"- {record.gate} {record.mode}{place}: {', '.join(record.eased)}")
    if not lines:
        return []
    return ["Limits looser than the built-in mode's:", "", *dict.fromkeys(lines), ""]
