"""Why gates are red: one cause for those that one finding explains."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate
from suite.judging.baselines.absent import NOTHING_ACCEPTED
from suite.judging.lost_layers import WHERE
from suite.judging.outcome import Outcome
from suite.judging.record import Record, Row
from suite.judging.shipping.strain import strain
from suite.report.backend import Backend, Backends
from suite.report.failure import brief, cause
from suite.report.reference import by_its_name

# What a wrong pipeline or source changes: where nodes run and how fast they are is another thing.
_OF_EMBEDDINGS = (Gate.ARTIFACT, Gate.FINGERPRINT, Gate.VERIFICATION, Gate.FIDELITY, Gate.BEHAVIOUR)
# Of the gates that one case is red in, the one that says why comes first.
_FIRST = (Gate.VERIFICATION, Gate.FIDELITY, Gate.BEHAVIOUR)
_NO_FP32 = "nothing can be held against FP32"
_LIKELY = "likely cause: "
_NAMED = 3


@dataclass(frozen=True)
class Cause:
    """A finding, with the red gates that it explains.

    Attributes
    ----------
    root : the gate that says why
    alike : the roots of other cases that say the same, word for word but for their names
    explained : the other red gates of these cases
    places : of the root and those alike, the cases as ``m int8 on lfw``, with their backend where
        the report has several
    """

    root: Record
    alike: tuple[Record, ...] = ()
    explained: tuple[Record, ...] = ()
    places: tuple[str, ...] = ()

    @property
    def reds(self) -> tuple[Record, ...]:
        """All red gates that it explains, its own first."""
        return (self.root, *self.alike, *self.explained)

    @property
    def place(self) -> str:
        """The cases that say it, and how many more."""
        more = f" and {len(self.places) - _NAMED} more" if len(self.places) > _NAMED else ""
        return f"{', '.join(self.places[:_NAMED])}{more}"

    @property
    def said(self) -> str:
        """The finding in one sentence, with what likely made it so and the layer that lost."""
        return self._explained(cause(self.root))

    @property
    def brief(self) -> str:
        """As ``said``, after the figure that is farthest beyond its limit."""
        return self._explained(brief(self.root))

    def _explained(self, words: str) -> str:
        root = self.root
        likely = [note for note in root.notes if note.startswith(_LIKELY)][:2]
        where = [
            note.removeprefix(WHERE)
            for each in self.reds
            for note in each.notes
            if (each.model, each.mode) == (root.model, root.mode) and note.startswith(WHERE)
        ][:1]
        return "; ".join([" ".join(words.split()), *by_its_name([*likely, *where], root.precision)])

    @property
    def counted(self) -> str:
        """The other red gates that it explains, counted by gate; empty without any."""
        gates = [record.gate for record in (*self.alike, *self.explained)]
        words = [f"{gates.count(gate)} {gate}" for gate in Gate if gate in gates]
        return ", ".join(words)


def causes(records: Iterable[Record]) -> list[Cause]:
    """The causes of all red gates: those that explain most of them first, then the worst."""
    records = list(records)
    backends = Backends(records)
    failed = [record for record in records if record.outcome is Outcome.FAIL]
    of_model: dict[tuple[str, Backend], list[Record]] = {}
    for record in failed:
        of_model.setdefault((record.model, backends.of(record)), []).append(record)
    # By what no two records share, as a node id is of every provider.
    roots: dict[int, Record] = {}
    by_root: dict[int, list[Record]] = {}
    for record in failed:
        root = _root(record, of_model[record.model, backends.of(record)])
        roots[id(root)] = root
        by_root.setdefault(id(root), []).append(record)
    alike: dict[tuple[str, ...], list[Record]] = {}
    for root in roots.values():
        alike.setdefault(_pattern(root), []).append(root)
    found = [
        Cause(
            first,
            tuple(rest),
            tuple(_explained([first, *rest], by_root)),
            tuple(dict.fromkeys(_place(each) + backends.on(each) for each in [first, *rest])),
        )
        for first, *rest in alike.values()
    ]
    return sorted(found, key=lambda each: (-len(each.reds), -_worst(each)))


def worst_row(records: Iterable[Record]) -> tuple[Record, Row] | None:
    """The red row farthest beyond its limit, with its gate; None where no figure is red.

    Figures that the report's main table shows come before others, whose limits may be a hair's
    breadth.
    """
    found = [
        (record, row)
        for record in records
        for row in record.rows
        if row.outcome is Outcome.FAIL and row.measured is not None
    ]
    return max(found, key=lambda each: (_is_shown(each[1]), strain(each[1])), default=None)


def _is_shown(row: Row) -> bool:
    figure = FIGURES[row.metric]
    return figure.column is not None or figure.gate in (Gate.FIDELITY, Gate.LATENCY)


def _root(record: Record, mine: Sequence[Record]) -> Record:
    """The red gate of its model whose finding explains this one; itself where none does.

    That nothing is accepted explains no miss: where a policy is missed nothing is to be accepted. A
    gate that measured nothing, as one that broke or whose worker died, has a reason of its own
    unless another says the same.
    """
    if not _lacks_acceptance(record):
        mine = [each for each in mine if not _lacks_acceptance(each)]
    elif missed := [each for each in mine if each.mode == record.mode and _misses(each)]:
        return _root(missed[0], mine)
    told = [each for each in mine if record.measured or each.headline == record.headline]
    for each in told:
        concerned = record.gate in _OF_EMBEDDINGS or record.headline == each.headline
        of_case = each.is_fp32 or each.mode == record.mode
        if each.gate is Gate.FINGERPRINT and concerned and of_case:
            return each
    for each in told:
        if each.gate is Gate.ARTIFACT and each.mode == record.mode:
            return each
    if record.headline.startswith(_NO_FP32):
        for each in mine:
            of_fp32 = each.gate in (Gate.VERIFICATION, Gate.BEHAVIOUR) and each.mode != record.mode
            if of_fp32 and each.headline in record.headline:
                return each
    if record.gate in _FIRST:
        of_mode = [each for each in mine if each.gate in _FIRST and each.mode == record.mode]
        case = [each for each in of_mode if _are_alike(each, record)]
        return min(case, key=lambda each: _FIRST.index(each.gate))
    return record


def _lacks_acceptance(record: Record) -> bool:
    """Whether a gate is red for nothing but that nothing is accepted."""
    return record.headline.startswith(NOTHING_ACCEPTED)


def _misses(record: Record) -> bool:
    """Whether a gate misses a policy, so that nothing of its mode is to be accepted either."""
    red = any(row.outcome is Outcome.FAIL for row in record.rows)
    return record.outcome is Outcome.FAIL and red and not _lacks_acceptance(record)


def _are_alike(one: Record, other: Record) -> bool:
    """Whether both measured something, or neither did and for the same reason."""
    if one.measured and other.measured:
        return True
    return not one.measured and not other.measured and one.headline == other.headline


def _explained(roots: Sequence[Record], by_root: dict[int, list[Record]]) -> Iterator[Record]:
    for root in roots:
        yield from (each for each in by_root[id(root)] if each is not root)


def _pattern(record: Record) -> tuple[str, ...]:
    """What a gate says, but for the names of its case."""
    said = (record.gate, cause(record), *record.notes)
    names = sorted({record.model, record.mode, record.dataset or record.model}, key=len)
    for name in reversed(names):
        said = tuple(words.replace(name, "…") for words in said)
    return said


def _worst(each: Cause) -> float:
    found = worst_row(each.reds)
    return strain(found[1]) if found else float("inf")


def _place(record: Record) -> str:
    on = f" on {record.dataset}" if record.dataset else ""
    return f"{record.model} {record.mode}{on}"
