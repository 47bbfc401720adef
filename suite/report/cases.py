"""A report's cases, a row each: what it concluded, and the figures that matter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate
from suite.judging.measured import Change
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Record
from suite.judging.shipping.candidate import Speed
from suite.judging.shipping.strain import strain
from suite.report.backend import Backend, Backends

# The worst first; what was skipped has concluded less than what was never to run.
SEVERITY = (
    Outcome.FAIL,
    Outcome.UNDECIDED,
    Outcome.SKIPPED,
    Outcome.DEFERRED,
    Outcome.NOT_COMPARED,
    Outcome.NOT_APPLICABLE,
    Outcome.PASS,
)
# A speed nobody accepted on this device leaves a case as good as its other gates say.
_QUIET = (Outcome.NOT_COMPARED, Outcome.NOT_APPLICABLE, Outcome.DEFERRED)

_NOWHERE = Backend("", "")


@dataclass(frozen=True)
class CaseRow:
    """What a table of cases shows of a model in a mode.

    Attributes
    ----------
    dataset : the set that the figures are of, the worst of them; None where none was measured
    datasets : how many sets the case was run on
    outcome : the worst outcome of its gates; what latency alone did not compare counts not
    not_green : by outcome, the worst first, the gates that did not pass; what does not apply is
        there only where nothing else does
    tar_name : the TAR at the main FAR of the model on that set; None where none was measured
    tar : its value, a share of the genuine pairs
    tar_change : the mode's less FP32's, as a share, with its 95 % interval; one without width
        where none was drawn
    cosine_1st_percentile : of the cosines to FP32 of that set's faces
    speedup : over the source, at the smallest batch that was timed
    speedup_over_prepared : over ``fp32_prepared``, timed in turn
    latency_ms : the median, of the same batch
    size_bytes : of its file
    strain : how much of what its policy allows the worst figure used up: above 1 it fails
    backend : the provider and profile that it was run on
    on : what the backend is called beside the others of the report; empty where it is the only one
    """

    model: str
    mode: str
    dataset: str | None
    datasets: int
    outcome: Outcome
    not_green: Mapping[Outcome, tuple[Gate, ...]]
    tar_name: str | None = None
    tar: float | None = None
    tar_change: Change | None = None
    cosine_1st_percentile: float | None = None
    speedup: Speed | None = None
    speedup_over_prepared: Speed | None = None
    latency_ms: float | None = None
    size_bytes: int | None = None
    strain: float = 0.0
    backend: Backend = _NOWHERE
    on: str = ""

    @property
    def concluded(self) -> str:
        """The outcome with the gates that are not green, as a cell has it.

        >>> CaseRow("m", "int8", None, 0, Outcome.PASS, {}).concluded
        'pass'
        >>> of = {Outcome.FAIL: (Gate.FIDELITY,), Outcome.NOT_COMPARED: (Gate.LATENCY,)}
        >>> CaseRow("m", "int8", None, 0, Outcome.FAIL, of).concluded
        'FAIL: fidelity; not compared: latency'
        """
        words = [
            f"{'FAIL' if outcome is Outcome.FAIL else outcome}: {', '.join(gates)}"
            for outcome, gates in self.not_green.items()
        ]
        if self.outcome is Outcome.PASS:
            words.insert(0, str(self.outcome))
        return "; ".join(words)


def rows(records: Sequence[Record]) -> list[CaseRow]:
    """A row for each model and mode with a record, on each backend, the worst first.

    Cases of one outcome are sorted by how much of their policy's limits they used up, then by what
    they lost of the TAR; those alike stay in the order of the records.
    """
    by_model: dict[str, list[Record]] = {}
    by_case: dict[tuple[str, str, Backend], list[Record]] = {}
    backends = Backends(records)
    for record in records:
        by_model.setdefault(record.model, []).append(record)
        by_case.setdefault((record.model, record.mode, backends.of(record)), []).append(record)
    tars = {model: main_tars(of_model) for model, of_model in by_model.items()}
    found = [
        _Case(mine, tars[model], backend, backends.names[backend] if backends.several else "").row
        for (model, _, backend), mine in by_case.items()
    ]
    return sorted(found, key=_place)


def _place(row: CaseRow) -> tuple[int, float, float]:
    lost = row.tar_change.point if row.tar_change else 0.0
    return SEVERITY.index(row.outcome), -row.strain, lost


def main_tars(records: Sequence[Record]) -> dict[str, str]:
    """By evaluation set, the TAR at the main FAR of one model there.

    It is the strictest of those that the set resolves and that a policy bounds, else the strictest
    that it resolves; where it resolves none, that with most false accepts behind its threshold.
    """
    found: dict[str, str] = {}
    for dataset in dict.fromkeys(r.dataset for r in records if r.gate is Gate.VERIFICATION):
        mine = [r for r in records if r.gate is Gate.VERIFICATION and r.dataset == dataset]
        if dataset is not None and (name := _main_tar(mine)):
            found[dataset] = name
    return found


def _main_tar(records: Sequence[Record]) -> str | None:
    bounded = {name for record in records for name in record.limits.loss}
    known = {name for record in records if record.measured for name in record.measured.figures}
    resolved = {
        name: point
        for record in records
        if record.measured and record.measured.uncertainty
        for name, point in record.measured.uncertainty.resolution.items()
    }

    def worth(name: str) -> tuple[bool, bool, float, float]:
        point, far = resolved.get(name), FIGURES[name].far or 1.0
        sure = point is not None and not point.flag
        behind = point.expected_false_accepts if point and not sure else 0.0
        return sure, sure and name in bounded, behind, -far if sure else far

    candidates = [name for name in FIGURES if name in known and _is_tar(name)]
    # Of equals the one with more pairs, which is the later one of the registry.
    return max(reversed(candidates), key=worth, default=None)


def _is_tar(name: str) -> bool:
    return name.endswith(tuple(f"tar_at_far_1e-{n}" for n in range(1, 10))) and not (
        name.startswith("mixed_")
    )


@dataclass(frozen=True)
class _Case:
    """The records of one model in one mode on one backend, and the model's main TAR by set."""

    records: Sequence[Record]
    tars: Mapping[str, str]
    backend: Backend
    on: str

    @property
    def row(self) -> CaseRow:
        dataset = max(self.sets, key=self._badness, default=None)
        verification = self._of(Gate.VERIFICATION, dataset)
        fidelity = self._of(Gate.FIDELITY, dataset)
        artifact = self._of(Gate.ARTIFACT, None)
        name = self.tars.get(dataset or "")
        timed = self.timed
        size = known_of(artifact, "size_bytes")
        return CaseRow(
            model=self.records[0].model,
            mode=self.records[0].mode,
            dataset=dataset,
            datasets=len(self.sets),
            outcome=self.outcome,
            not_green=self.not_green,
            tar_name=name,
            tar=known_of(verification, name),
            tar_change=change_of(verification, name),
            cosine_1st_percentile=known_of(fidelity, "cosine_1st_percentile"),
            speedup=_speed(timed, "speedup"),
            speedup_over_prepared=_speed(timed, "speedup_over_prepared"),
            latency_ms=known_of(timed, "latency_ms"),
            size_bytes=None if size is None else int(size),
            strain=max(self._strains(), default=0.0),
            backend=self.backend,
            on=self.on,
        )

    @cached_property
    def sets(self) -> list[str]:
        return list(dict.fromkeys(r.dataset for r in self.records if r.dataset))

    @property
    def outcome(self) -> Outcome:
        """The worst; quiet outcomes of latency count only where there is nothing else."""
        found = [r.outcome for r in self.records if r.gate is not Gate.LATENCY]
        found += [
            r.outcome
            for r in self.records
            if r.gate is Gate.LATENCY and (not found or r.outcome not in _QUIET)
        ]
        loud = [outcome for outcome in found if outcome is not Outcome.NOT_APPLICABLE]
        return min(loud or found, key=SEVERITY.index)

    @property
    def not_green(self) -> dict[Outcome, tuple[Gate, ...]]:
        """By outcome the gates, those of several sets and loads once."""
        passing = {Outcome.PASS}
        if self.outcome is not Outcome.NOT_APPLICABLE:
            passing.add(Outcome.NOT_APPLICABLE)
        gates = {
            outcome: tuple(dict.fromkeys(r.gate for r in self.records if r.outcome is outcome))
            for outcome in SEVERITY
            if outcome not in passing
        }
        return {outcome: of_it for outcome, of_it in gates.items() if of_it}

    @property
    def timed(self) -> Record | None:
        """The gate of latency with the smallest batch."""
        found = [r for r in self.records if r.gate is Gate.LATENCY and r.measured]
        return min(found, key=batch_of, default=None)

    def _of(self, gate: Gate, dataset: str | None) -> Record | None:
        found = (r for r in self.records if r.gate is gate and r.dataset == dataset)
        return next(found, None)

    def _badness(self, dataset: str) -> tuple[int, float, float]:
        """How bad a set is: by the outcomes there, then by strain, then by what TAR was lost."""
        mine = [r for r in self.records if r.dataset == dataset]
        worst = min(SEVERITY.index(record.outcome) for record in mine)
        change = change_of(self._of(Gate.VERIFICATION, dataset), self.tars.get(dataset))
        lost = -change.point if change else 0.0
        return -worst, max(self._strains(dataset), default=0.0), lost

    def _strains(self, dataset: str | None = None) -> list[float]:
        return [
            strain(row)
            for record in self.records
            if record.gate.per_dataset and dataset in (None, record.dataset)
            for row in record.rows
            if row.against in (Against.FP32, Against.FLOOR)
        ]


def batch_of(record: Record) -> int:
    """The batch that a gate of latency timed; 0 of others."""
    found = record.measured.identity.get("batch") if record.measured else None
    return found if isinstance(found, int) else 0


def known_of(record: Record | None, name: str | None) -> float | None:
    """A figure that a gate measured; None where it did not, or there is no gate."""
    if record is None or record.measured is None or name is None:
        return None
    return record.measured.known.get(name)


def change_of(record: Record | None, name: str | None) -> Change | None:
    """What a figure is less FP32's; an interval of no width where none was drawn."""
    if record is None or record.measured is None or name is None:
        return None
    measured = record.measured
    if measured.uncertainty and name in measured.uncertainty.changes:
        return measured.uncertainty.changes[name]
    if name not in measured.known or name not in measured.fp32:
        return None
    point = measured.known[name] - measured.fp32[name]
    return Change(point=point, low=point, high=point)


def _speed(record: Record | None, name: str) -> Speed | None:
    point = known_of(record, name)
    if point is None or record is None or record.measured is None:
        return None
    low, high = record.measured.intervals.get(name, (None, None))
    return Speed(point=point, low=low, high=high)
