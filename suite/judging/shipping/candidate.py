"""What a run's records say of one mode of a model, as far as it matters for shipping it."""

import math
from collections.abc import Iterator, Sequence

from suite.catalog.gate import Gate
from suite.catalog.mode_card import PREPARED
from suite.catalog.table import CardId
from suite.judging.outcome import Outcome
from suite.judging.part import Count, Frozen
from suite.judging.record import Against, Record, Row
from suite.judging.shipping.strain import in_words, strain

# So much faster ``fp32_prepared`` has to be than the source to be worth another file.
WORTH_A_FILE = 1.1
# Of what a mode fails for, so much is said, and so many letters of a headline.
_SAID = 3
_LONGEST = 120


class Speed(Frozen):
    """How many times faster than something a mode is, with the 95 % interval of that."""

    point: float
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """As sentences have it."""
        if self.low is None or self.high is None:
            return f"{self.point:.2f} ×"
        return f"{self.point:.2f} × ({self.low:.2f} … {self.high:.2f})"

    def surely_above(self, least: float) -> bool:
        """Whether all of the interval lies above; without one nobody knows."""
        return self.low is not None and self.low > least

    def surely_below(self, most: float) -> bool:
        """Whether all of the interval lies below; without one nobody knows."""
        return self.high is not None and self.high < most

    def overlaps(self, other: "Speed") -> bool:
        """Whether the intervals have a speed in common; without them only equal speeds have."""
        low, high = self.ends
        least, most = other.ends
        return low <= most and least <= high

    @property
    def ends(self) -> tuple[float, float]:
        """The interval, or the speed itself where there is none."""
        low = self.point if self.low is None else self.low
        return low, self.point if self.high is None else self.high


class Nearest(Frozen):
    """The figure that a mode has used up most of its limit of."""

    dataset: CardId | None
    row: Row

    def __str__(self) -> str:
        """As sentences have it."""
        return in_words(self.row, self.dataset)


class Candidate(Frozen):
    """A mode as it was weighed.

    Attributes
    ----------
    over_source, over_prepared : how much faster it is than the source and than ``fp32_prepared``,
        timed in turn with both; None where that was not measured
    prepared : how much faster than the source ``fp32_prepared`` then was
    size_bytes : the size of its file
    cosine_worst : the lowest cosine to FP32 over all sets
    nearest : of the losses and floors of its policy on the sets, the one nearest to its limit
    misses : what its gates failed for, the worst first
    doubts : what was not decided or not judged of its policy
    open_speed : why the gate of its speed did not decide, where it did not
    excess : how many times the allowed its worst figure is; None where nothing fails, or what
        failed is no figure
    """

    mode: CardId
    over_source: Speed | None = None
    over_prepared: Speed | None = None
    prepared: Speed | None = None
    size_bytes: Count | None = None
    cosine_worst: float | None = None
    nearest: Nearest | None = None
    misses: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    open_speed: str = ""
    excess: float | None = None

    @property
    def meets(self) -> bool:
        """Whether it was held to its policy on every set and no gate of it is red."""
        return not self.misses and not self.doubts

    @property
    def is_faster(self) -> bool:
        """Whether it is faster than the source beyond chance, and by enough to be worth a file."""
        least = WORTH_A_FILE if self.mode == PREPARED else 1.0
        return self.over_source is not None and self.over_source.surely_above(least)

    @property
    def faithfulness(self) -> float:
        """The lowest cosine to FP32; −∞ where none was measured."""
        return -math.inf if self.cosine_worst is None else self.cosine_worst


def weigh(
    records: Sequence[Record],
    sets: Sequence[CardId],
    batch: int | None,
    *,
    is_fp32: bool = False,
) -> Candidate:
    """Weigh one mode by its records.

    Parameters
    ----------
    records : all those of one model in this mode
    sets : the evaluation sets of the run, on each of which it has to be held to its policy
    batch : the batch whose speed counts
    is_fp32 : whether it is FP32, which has no speed-up and no cosine to itself
    """
    failed = [record for record in records if record.outcome is Outcome.FAIL]
    timed = _timed(records, batch)
    return Candidate(
        mode=records[0].mode,
        over_source=_speed(timed, "speedup"),
        over_prepared=_speed(timed, "speedup_over_prepared"),
        prepared=_speed(timed, "prepared_speedup"),
        size_bytes=_size(records),
        cosine_worst=_worst_cosine(records),
        nearest=_nearest(records),
        misses=tuple(_misses(failed)),
        doubts=tuple(_doubts(records, sets, is_fp32=is_fp32)),
        open_speed="" if is_fp32 else _open_speed(records, batch),
        excess=_excess(failed),
    )


def batch_of(record: Record) -> int | None:
    """The batch that a gate of latency timed a speed-up at; None where it did not."""
    if record.gate is not Gate.LATENCY or record.measured is None:
        return None
    batch = record.measured.identity.get("batch")
    return batch if isinstance(batch, int) and "speedup" in record.measured.figures else None


def _timed(records: Sequence[Record], batch: int | None) -> Record | None:
    return next((r for r in records if batch is not None and batch_of(r) == batch), None)


def _speed(timed: Record | None, name: str) -> Speed | None:
    measured = timed.measured if timed else None
    if measured is None or name not in measured.known:
        return None
    low, high = measured.intervals.get(name, (None, None))
    return Speed(point=measured.known[name], low=low, high=high)


def _size(records: Sequence[Record]) -> int | None:
    found = (r.measured.figures for r in records if r.gate is Gate.ARTIFACT and r.measured)
    sizes = [figures["size_bytes"] for figures in found if "size_bytes" in figures]
    return int(sizes[0]) if sizes else None


def _worst_cosine(records: Sequence[Record]) -> float | None:
    known = [
        record.measured.figures["cosine_worst"]
        for record in records
        if record.gate is Gate.FIDELITY
        and record.measured
        and "cosine_worst" in record.measured.figures
    ]
    return min(known, default=None)


def _nearest(records: Sequence[Record]) -> Nearest | None:
    held = [
        Nearest(dataset=record.dataset, row=row)
        for record in records
        if record.gate.per_dataset
        for row in record.rows
        if row.against in (Against.FP32, Against.FLOOR)
    ]
    return max(held, key=lambda each: strain(each.row), default=None)


def _misses(failed: Sequence[Record]) -> Iterator[str]:
    """What failed: gates without a row by their headline, then rows, the worst first."""
    gates: dict[str, list[str]] = {}
    for record in failed:
        if not _failed_rows(record):
            gates.setdefault(_shortened(record.headline), []).append(_named(record))
    rows = [(record.dataset, row) for record in failed for row in _failed_rows(record)]
    rows.sort(key=lambda each: -strain(each[1]))
    said = [f"{', '.join(names)}: {why}" for why, names in gates.items()]
    said += [in_words(row, dataset) for dataset, row in rows]
    yield from said[:_SAID]
    if len(said) > _SAID:
        yield f"{len(said) - _SAID} more"


def _named(record: Record) -> str:
    return f"{record.gate} on {record.dataset}" if record.dataset else str(record.gate)


def _shortened(headline: str) -> str:
    said = " ".join(headline.split())
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


def _failed_rows(record: Record) -> list[Row]:
    return [row for row in record.rows if row.outcome is Outcome.FAIL]


def _excess(failed: Sequence[Record]) -> float | None:
    """How many times the allowed the worst figure is; None where that is no number."""
    if not failed or not all(_failed_rows(record) for record in failed):
        return None
    worst = max(strain(row) for record in failed for row in _failed_rows(record))
    return worst if math.isfinite(worst) else None


def _doubts(records: Sequence[Record], sets: Sequence[CardId], *, is_fp32: bool) -> Iterator[str]:
    """What keeps a mode that did not fail from meeting its policy on every set."""
    for record in records:
        of_speed = record.gate is Gate.LATENCY
        if record.outcome is Outcome.UNDECIDED and not of_speed:
            yield f"{_named(record)} was not decided: {_shortened(record.headline)}"
    asked: list[tuple[Gate, CardId | None]] = [(Gate.ARTIFACT, None)]
    of_sets = [Gate.VERIFICATION] if is_fp32 else [Gate.VERIFICATION, Gate.FIDELITY]
    asked += [(gate, name) for name in sets for gate in of_sets]
    known = {(r.gate, r.dataset) for r in records if r.outcome.measured_something}
    for gate, dataset in asked:
        if (gate, dataset) not in known:
            yield f"{gate}{f' on {dataset}' if dataset else ''} was not judged"


def _open_speed(records: Sequence[Record], batch: int | None) -> str:
    """Why a mode's speed is not known, or not decided."""
    latency = [record for record in records if record.gate is Gate.LATENCY]
    timed = _timed(latency, batch)
    if timed:
        return _shortened(timed.headline) if timed.outcome is Outcome.UNDECIDED else ""
    return _shortened(latency[0].headline) if latency else "no gate of latency was run"
