"""What a finished run measured, judged again: its records stand in for measuring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from suite.catalog.errors import SuiteError
from suite.catalog.gate import Gate
from suite.gates.hashes import hashes_of
from suite.gates.identified import identified
from suite.judging.identity import short
from suite.judging.measured import Measured
from suite.judging.record import Record

if TYPE_CHECKING:
    from suite.gates.case_work import CaseWork


class RecordedRun:
    """The measurements of a finished run, each given for as long as all that it is of is today's.

    ``name`` is what messages call the run.
    """

    def __init__(self, name: str, records: Iterable[Record]) -> None:
        self._name = name
        self._records = {key: record for record in records if (key := _key(record))}

    def has(self, model: str, mode: str, gate: Gate, dataset: str | None, batch: int = 0) -> bool:
        """Whether the run measured this; ``batch`` is that of a latency gate."""
        return (model, mode, gate, dataset, batch) in self._records

    def measured(
        self, work: CaseWork, gate: Gate, dataset: str | None = None, batch: int = 0
    ) -> Measured:
        """What the run measured of a case.

        Raises
        ------
        SuiteError
            where it measured no such thing, or anything that it measured is another today.
        """
        record = self._records.get((work.model.id, work.mode.id, gate, dataset, batch))
        place = f"{gate} {work.model.id} {work.mode.id}" + (f" on {dataset}" if dataset else "")
        if record is None or record.measured is None:
            raise SuiteError(
                where=self._name,
                what=f"has no measurement of {place}, which this judgement needs; run the gates.",
            )
        now = hashes_of(work, dataset)
        for name in sorted(now.keys() | record.hashes.keys()):
            if now.get(name) != record.hashes.get(name):
                raise SuiteError(
                    where=self._name,
                    what=f"{place}: the {name} is {short(now.get(name, 'none'))} now, and was "
                    f"{short(record.hashes.get(name, 'none'))} in that run; run the gates again.",
                )
        self._refuse_contradiction(work, record.measured, gate, dataset, place)
        if gate is Gate.LATENCY:
            # A speed's identity has no hashes; a stopwatch says nothing of what they are of.
            return record.measured
        # The hashes are today's, and so what they are of.
        return record.measured.model_copy(update={"identified": identified(work, gate, dataset)})

    def _refuse_contradiction(
        self, work: CaseWork, measured: Measured, gate: Gate, dataset: str | None, place: str
    ) -> None:
        """Refuse an identity that is not today's, and another FP32 than the run measured."""
        today = work.identity(dataset)
        told = {} if gate is Gate.LATENCY else measured.identity
        other = [name for name, value in told.items() if today.get(name) != value]
        fp32 = self._records.get((work.model.id, work.fp32.mode.id, gate, dataset, 0))
        if gate is Gate.VERIFICATION and fp32 and fp32.measured:
            own = fp32.measured.figures
            other += [n for n, value in measured.fp32.items() if own.get(n, value) != value]
        if other:
            raise SuiteError(
                where=self._name,
                what=f"{place}: its {', '.join(other)} contradicts what was measured beside it; "
                "the report was changed since: run the gates again.",
            )


def _key(record: Record) -> tuple[str, str, Gate, str | None, int] | None:
    """What a record is of; None where it measured nothing."""
    if record.measured is None:
        return None
    batch = record.measured.identity.get("batch") if record.gate is Gate.LATENCY else 0
    if not isinstance(batch, int):
        return None
    return record.model, record.mode, record.gate, record.dataset, batch
