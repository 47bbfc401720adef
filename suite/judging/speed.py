"""What may be concluded of speed: nothing beside a busy neighbour, no gain from a slow FP32."""

from collections.abc import Iterator, Sequence

from suite.catalog.figures import FIGURES
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Row

_SPEED, _FP32, _PROBE = "speedup", "fp32_over_probe", "probe_ms"
_TIMED = (_SPEED, _FP32, "mode_over_probe")


def weighed(rows: Sequence[Row], disturbed: str) -> Iterator[Row]:
    """Rows as they may be judged.

    ``disturbed`` says that the turns were not clean: then nothing that was timed is decided. The
    probe loop is shown; where it is as far from the accepted one as no latency over it may be, the
    core itself is another, and what is slower over the probe is not decided. Nor is a speed-up
    beyond the accepted one while FP32 is slower than accepted.
    """
    found = {row.metric: row for row in rows if row.against is Against.BASELINE}
    other_core = _is_off(found.get(_PROBE))
    fp32_slower = _is_slower(found.get(_FP32))
    for row in rows:
        outcome = row.outcome
        if row.metric == _PROBE:
            outcome = Outcome.NOT_APPLICABLE
        elif row.metric in _TIMED and (
            disturbed
            or (other_core and row.metric != _SPEED and outcome is Outcome.FAIL)
            or (fp32_slower and is_faster(row))
        ):
            outcome = Outcome.UNDECIDED
        yield row.model_copy(update={"outcome": outcome})


def is_faster(row: Row) -> bool:
    """Whether a speed-up lies above the accepted one, by more than it may lie below."""
    if row.metric != _SPEED or row.against is not Against.BASELINE:
        return False
    return row.interval is not None and row.interval[0] > row.limit


def why_undecided(rows: Sequence[Row]) -> str:
    """Why what was timed is not decided, where an interval is not the reason; else empty."""
    undecided = [row for row in rows if row.outcome is Outcome.UNDECIDED]
    if any(map(is_faster, undecided)):
        return "faster than accepted, and FP32 slower than accepted: the gain may be FP32's loss"
    clear = [row for row in undecided if row.interval and min(row.interval) > row.limit]
    if clear:
        labels = ", ".join(FIGURES[row.metric].label for row in clear)
        return f"slower than accepted, and so is a loop that never changes: {labels}"
    return ""


def _is_off(probe: Row | None) -> bool:
    return probe is not None and probe.outcome is not Outcome.PASS


def _is_slower(fp32: Row | None) -> bool:
    """Whether FP32 took longer than accepted beyond chance."""
    return fp32 is not None and fp32.interval is not None and fp32.interval[0] > 0
