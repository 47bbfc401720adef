"""What the gates say of a mutated case: the code of the page, the gate, and by how far."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from suite.catalog.errors import SuiteError
from suite.catalog.figures import FIGURES
from suite.catalog.selection import Options
from suite.gates.case_work import CaseWork
from suite.gates.origin import origin_of
from suite.judging.baselines.orphans import unjudged
from suite.judging.measured import Measured
from suite.judging.origin import Origin
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Record, Row
from tests.mutations.clean import concluded, gates_of, quietly
from tests.mutations.interposed import everywhere

# In the order in which they count: what holds without a baseline, what is accepted and resolves,
# refused by name, bits that the same libraries on the same CPU have to give again, what does not
# resolve, size and op counts.
CODES = "PBEbfA"
DECIDED = frozenset("PBE")
BITS = "b"
MISSED = "M"
SAME = "="
# False accepts, of which fewer say nothing.
_LEAST = 10
_OF_THE_FILE = frozenset({"size_bytes", "quantized_ops", "float_ops"})
# Where accuracy is flat around its best, its threshold moves by chance; so do the few folds.
_BY_CHANCE = frozenset({"accuracy_threshold", "accuracy_std"})


class Catch(BaseModel):
    """A gate that is red, by one of its figures."""

    model_config = ConfigDict(frozen=True)

    code: str
    gate: str
    figure: str
    margin: float | None


class Verdict(BaseModel):
    """What all gates say together.

    ``undecided`` are gates that were so; ``catches`` the strongest of each code and gate.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    catches: tuple[Catch, ...] = ()
    undecided: tuple[str, ...] = ()

    @property
    def strongest(self) -> Catch | None:
        """The catch that the page names: of the code, the one farthest beyond its limit."""
        own = [catch for catch in self.catches if catch.code == self.code]
        return max(own, key=lambda catch: catch.margin or math.inf, default=None)


def judge(work: CaseWork, *, every_gate: bool = False) -> Verdict:
    """The verdict of the gates on a case, each by figures alone.

    They are asked in the order of what they cost, until one is red by more than size, op counts
    and figures that cannot resolve, or ``every_gate``. An artifact that is another file is judged
    as one that other libraries built; whether it has to give the accepted bits is asked last.
    """
    bench = work.bench
    folder = bench.catalog.folder
    left = unjudged(bench.catalog, bench.profile, Options())
    catches = [Catch(code="E", gate="coverage", figure=_short(e.reason), margin=None) for e in left]
    if catches:
        return verdict(catches)
    undecided: list[str] = []
    with quietly():
        elsewhere = pytest.MonkeyPatch()
        everywhere(elsewhere, origin_of, _elsewhere)
        for each, gate, dataset in gates_of(work):
            name = f"{gate} of FP32" if each.mode.is_fp32 else str(gate)
            try:
                record = concluded(each, gate, dataset)
            except SuiteError as error:
                refused = _short(_without(folder, str(error)))
                catches.append(Catch(code="E", gate=name, figure=refused, margin=None))
                continue
            if record.outcome is Outcome.FAIL:
                catches.extend(_catches(record, name, folder))
                if not every_gate and verdict(catches).code in DECIDED:
                    break
            elif record.outcome is Outcome.UNDECIDED:
                undecided.append(name)
        elsewhere.undo()
        if verdict(catches).code not in DECIDED:
            catches.extend(_by_bits(work))
    return verdict(catches, undecided)


def _elsewhere(work: CaseWork) -> Origin | None:
    """The origin of results, of an artifact that was built nobody knows where."""
    found = origin_of(work)
    return found and found.model_copy(update={"builder": ""})


def _by_bits(work: CaseWork) -> Iterator[Catch]:
    """What gates say where the accepted libraries and CPU built it, so that bits are equal."""
    for (gate, dataset), found in list(work.measured.items()):
        if found.origin is None:
            continue
        work.measured[gate, dataset] = found.model_copy(update={"origin": origin_of(work)})
        record = concluded(work, gate, dataset)
        if record.outcome is Outcome.FAIL:
            for catch in _catches(record, f"{gate}, equal bits", work.bench.catalog.folder):
                yield catch.model_copy(update={"code": BITS})


def verdict(catches: Iterable[Catch], undecided: Iterable[str] = ()) -> Verdict:
    """The verdict of what is red."""
    strongest: dict[tuple[str, str], Catch] = {}
    for catch in catches:
        key = (catch.code, catch.gate)
        before = strongest.get(key)
        if before is None or (catch.margin or math.inf) > (before.margin or math.inf):
            strongest[key] = catch
    found = {catch.code for catch in strongest.values()}
    code = next((code for code in CODES if code in found), MISSED)
    return Verdict(code=code, catches=tuple(strongest.values()), undecided=tuple(undecided))


def _catches(record: Record, gate: str, folder: Path) -> Iterator[Catch]:
    failed = [row for row in record.rows if row.outcome is Outcome.FAIL]
    for row in failed:
        code = _code(row, record.measured)
        label = FIGURES[row.metric].label
        yield Catch(code=code, gate=gate, figure=label, margin=_margin(row))
    if not failed:
        code = "P" if record.measured and record.measured.problem else "E"
        if record.headline.startswith("nothing can be held against FP32"):
            code = "P"
        yield Catch(
            code=code, gate=gate, figure=_short(_without(folder, record.headline)), margin=None
        )


def _code(row: Row, measured: Measured | None) -> str:
    if row.metric in _OF_THE_FILE:
        return "A"
    if measured is not None and not resolves(row, measured):
        return "f"
    return "B" if row.against is Against.BASELINE else "P"


def resolves(row: Row, measured: Measured) -> bool:
    """Whether a row rests on enough: no TAR@FAR that few set, no FAR of fewer than ten pairs.

    Nor the threshold of accuracy, and accuracy's deviation over folds.
    """
    figure = FIGURES[row.metric]
    if figure.name in _BY_CHANCE:
        return False
    resolution = measured.uncertainty.resolution if measured.uncertainty else {}
    if figure.rests_on and figure.rests_on in resolution:
        return not resolution[figure.rests_on].flag
    if figure.far is None or "far" not in figure.name.split("_"):
        return True
    everyone = figure.name.startswith("all_pairs")
    of = "all_pairs_tar_at_far_1e-3" if everyone else "tar_at_far_1e-3"
    if of not in resolution:
        return True
    most = max(row.measured or 0.0, row.held_to or 0.0)
    return most * resolution[of].impostors >= _LEAST * (1 - 1e-9)


def _margin(row: Row) -> float | None:
    """By how many times a row breaks its limit; None where that is no number.

    Of a floor below 1 it is how far below 1 the figure lies, in times of how far it may.
    """
    if row.against is Against.FLOOR and row.measured is not None:
        room = 1 - row.limit
        return (1 - row.measured) / room if room > 0 else None
    apart = row.measured if row.against is Against.ITSELF else row.difference
    if apart is None or not row.limit:
        return None
    return abs(apart) / row.limit


def _without(folder: Path, words: str) -> str:
    """Words without the folder of the run, which is another each time."""
    return words.replace(f"{folder}/", "")


def _short(words: str) -> str:
    return words if len(words) <= 90 else f"{words[:87]}..."
