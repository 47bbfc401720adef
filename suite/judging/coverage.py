"""What a run judged, held against what its catalog has to be judged."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from suite.catalog.gate import Gate
from suite.catalog.plan import PlannedGate
from suite.catalog.table import CardId
from suite.judging.part import Frozen
from suite.judging.record import Record


class Unjudged(Frozen):
    """Sections of a baseline that no gate of the run's cards compares with, and why.

    ``remove`` is the command that gives them up.
    """

    file: str
    sections: tuple[str, ...]
    reason: str
    remove: str

    def __str__(self) -> str:
        """The whole in a sentence, with both ways out."""
        held = f" ({', '.join(self.sections)})" if self.sections else ""
        return (
            f"{self.file}{held}: {self.reason}; restore it, or give up what is accepted with "
            f"{self.remove}"
        )


@dataclass(frozen=True)
class Coverage:
    """What there is to be judged.

    Attributes
    ----------
    whole : every gate of the catalog, where no option restricts a run
    selected : those of the models, modes and datasets that the run selects
    unjudged : what is accepted of these and has no gate
    """

    whole: tuple[PlannedGate, ...] = ()
    selected: tuple[PlannedGate, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()

    def left_out(
        self, records: Iterable[Record], planned: Collection[str]
    ) -> tuple[PlannedGate, ...]:
        """The gates of the whole catalog that are neither recorded nor, by node id, to be run."""
        judged = {planned_gate(record) for record in records if not record.taken_away}
        taken = {record.node for record in records if record.taken_away}
        names = {node.rpartition("::")[2] for node in planned if node not in taken}
        return tuple(g for g in self.whole if g not in judged and g.name not in names)

    def is_whole(self, left_out: Iterable[PlannedGate]) -> bool:
        """Whether every selected gate was run, those that time aside.

        What is accepted has then been compared as far as the run reaches: latency is left to a
        second run, or to other machines.
        """
        selected = set(self.selected)
        return not any(g in selected and g.gate is not Gate.LATENCY for g in left_out)


class CaseScope(Frozen):
    """The gates of a model in a mode: those of sets on each of these, latency under each load."""

    model: CardId
    mode: CardId
    gates: tuple[Gate, ...]
    datasets: tuple[CardId, ...] = ()


class Scope(Frozen):
    """What there was to be judged by a run, as `Coverage` has it, case by case.

    Attributes
    ----------
    whole : every case of the catalog, where no option restricts a run
    selected : those that the run selects, with the sets that it does; None where these are all
    """

    whole: tuple[CaseScope, ...] = ()
    selected: tuple[CaseScope, ...] | None = None

    @classmethod
    def of(cls, coverage: Coverage) -> "Scope":
        """The scope of a coverage that has all the gates of each case on its sets."""
        whole, selected = _in_cases(coverage.whole), _in_cases(coverage.selected)
        return cls(whole=whole, selected=None if selected == whole else selected)

    def coverage(self, unjudged: Iterable[Unjudged] = ()) -> Coverage:
        """The coverage again."""
        selected = self.whole if self.selected is None else self.selected
        return Coverage(tuple(_gates(self.whole)), tuple(_gates(selected)), tuple(unjudged))


def _in_cases(gates: Iterable[PlannedGate]) -> tuple[CaseScope, ...]:
    cases: dict[tuple[str, str], list[PlannedGate]] = {}
    for gate in gates:
        cases.setdefault((gate.model, gate.mode), []).append(gate)
    return tuple(
        CaseScope(
            model=model,
            mode=mode,
            gates=tuple(dict.fromkeys(each.gate for each in mine)),
            datasets=tuple(dict.fromkeys(each.dataset for each in mine if each.dataset)),
        )
        for (model, mode), mine in cases.items()
    )


def _gates(cases: Iterable[CaseScope]) -> Iterator[PlannedGate]:
    for case in cases:
        for gate in case.gates:
            for dataset in case.datasets if gate.per_dataset else (None,):
                for load in gate.loads or (None,):
                    yield PlannedGate(gate, case.model, case.mode, dataset, load)


def planned_gate(record: Record) -> PlannedGate:
    """The gate that a record is of."""
    return PlannedGate(record.gate, record.model, record.mode, record.dataset, record.load)


def in_words(gates: Collection[PlannedGate], whole: Sequence[PlannedGate]) -> tuple[str, ...]:
    """Some of all gates, said as shortly as it goes.

    By model, mode, gate, dataset, load; then all gates of one kind of a model, or each.

    >>> of = [PlannedGate(Gate.ARTIFACT, model, "fp32") for model in ("a", "b")]
    >>> in_words(of[1:], of)
    ('model b',)
    """
    of, words = list(whole), []
    gates = frozenset(gates)
    for part in ("model", "mode", "gate", "dataset", "load"):
        values = dict.fromkeys(getattr(each, part) for each in of)
        gone = [
            value
            for value in values
            if value and all(each in gates for each in of if getattr(each, part) == value)
        ]
        if gone:
            words.append(f"{part}{'s' if len(gone) > 1 else ''} {', '.join(gone)}")
        of = [each for each in of if getattr(each, part) not in gone]
    kinds = Counter((each.gate, each.model) for each in of)
    left = Counter((each.gate, each.model) for each in of if each in gates)
    whole_kinds = [kind for kind, count in left.items() if count == kinds[kind] > 1]
    words += [f"{gate} of {model}" for gate, model in whole_kinds]
    rest = [each for each in of if (each.gate, each.model) not in whole_kinds]
    return (*words, *(str(each) for each in rest if each in gates))
