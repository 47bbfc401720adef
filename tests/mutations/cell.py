"""One cell of the table: a dose of a mutation on a model, judged by the gates and by the rule."""

import tempfile
import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from suite.catalog.errors import SuiteError
from suite.gates.case_work import CaseWork
from suite.runtime.profile import cpu_name
from suite.runtime.versions import onnxruntime_version
from tests.mutations.clean import Clean
from tests.mutations.harm import Harm, harm_between, seen
from tests.mutations.mutated import mutated
from tests.mutations.mutation import Mutation, NotThereError, Side
from tests.mutations.verdict import BITS, CODES, DECIDED, SAME, Catch, Verdict, judge

NOT_THERE = "–"


class Cell(BaseModel):
    """A line of the run's file.

    ``code`` is the verdict's, ``=`` where nothing changed for any image, ``–`` where the network
    has nothing to change. ``harmful`` are reasons, none where it harms nothing. ``folds`` says of
    how many folds figures are; None of all.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    module: str
    side: str
    dose: str
    model: str
    mode: str
    code: str
    verdict: Verdict
    harm: Harm
    harmful: tuple[str, ...]
    benign: str = ""
    measured_on: str = ""
    folds: int | None = None
    seconds: float = 0.0

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is of."""
        return self.kind, self.dose, self.model, self.mode

    @property
    def is_caught(self) -> bool:
        """Whether a gate is red."""
        return self.code in CODES

    @property
    def is_caught_by_what_resolves(self) -> bool:
        """Whether a gate is red by more than size, op counts and figures that cannot resolve."""
        return self.code in DECIDED or self.code == BITS

    @property
    def is_caught_elsewhere(self) -> bool:
        """The same where other libraries or another CPU built the artifact anew."""
        return self.code in DECIDED


class Bench:
    """A clean case with what it makes of the independent faces."""

    def __init__(self, clean: Clean, *, every_gate: bool = False) -> None:
        self.every_gate = every_gate
        profile, version = clean.bench.profile, onnxruntime_version()
        self.machine = f"{cpu_name()} ({profile}), onnxruntime {version}"
        self.clean = clean
        faces = clean.subject.independent
        assert faces.people is not None, "independent faces say who is who"
        self.faces = faces
        self.people = faces.people
        self.seen = {
            s: seen(w, faces) for s, w in ((Side.FP32, clean.fp32), (Side.INT8, clean.work))
        }


def cell(bench: Bench, mutation: Mutation, dose: str) -> Cell:
    """A dose of a mutation, measured."""
    started = time.monotonic()
    blank = {
        "kind": mutation.kind,
        "module": mutation.module,
        "side": mutation.side,
        "dose": dose,
        "model": bench.clean.subject.model,
        "mode": bench.clean.subject.mode,
        "benign": mutation.benign,
        "measured_on": bench.machine,
        "folds": bench.clean.subject.folds,
    }
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = _measured(bench, mutation, dose, Path(folder))
        except NotThereError:
            found = Verdict(code=NOT_THERE), Harm()
    judged, harm = found
    reasons = (mutation.harmful,) if mutation.harmful else harm.reasons
    code = judged.code
    if harm.same and not mutation.harmful and code not in CODES:
        code = SAME
    seconds = round(time.monotonic() - started, 1)
    told = {"harmful": () if code in (SAME, NOT_THERE) else reasons, "seconds": seconds}
    return Cell.model_validate({**blank, "code": code, "verdict": judged, "harm": harm, **told})


def sides(work: CaseWork) -> dict[Side, CaseWork]:
    """The work on either side of a case."""
    return {Side.FP32: work.fp32, Side.INT8: work}


def _measured(bench: Bench, mutation: Mutation, dose: str, folder: Path) -> tuple[Verdict, Harm]:
    """The verdict, and the harm to what is deployed: the quantized mode, or FP32 where it alone
    is touched."""
    change = mutation.change(dose)
    harmed = Side.FP32 if mutation.side is Side.FP32 else Side.INT8
    try:
        with mutated(bench.clean, change, mutation.side, folder) as work:
            judged = judge(work, every_gate=bench.every_gate)
            if mutation.harmful:
                return judged, Harm()
            return judged, _harm(bench, harmed, sides(work)[harmed])
    except SuiteError as error:
        refused = Catch(code="E", gate="building", figure=str(error)[:90], margin=None)
        return Verdict(code="E", catches=(refused,)), Harm(unusable=True)


def _harm(bench: Bench, side: Side, work: CaseWork) -> Harm:
    try:
        now = seen(work, bench.faces)
    except SuiteError:
        return Harm(unusable=True)
    return harm_between(bench.seen[side], now, bench.people)
