"""A gate's judgement is made once: what syrupy is told, and what is measured."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from suite.catalog.case import Case
from suite.catalog.errors import BaselineError
from suite.catalog.folder import read_catalog
from suite.catalog.gate import Gate
from suite.catalog.limits import Limits
from suite.catalog.policy import PolicySpec
from suite.gates import acceptance, advice, check, measures
from suite.gates.check import GateCheck
from suite.gates.conclusion import attached
from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.store import BaselineFile, write_section
from suite.judging.judgement import Judgement
from suite.judging.kept_limits import KeptLimits, kept_limits
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Record

LIMITS = Limits({"speedup": 0.07, "size_bytes": 0.01})
HELD = {"tolerances": {"speedup": 0.07}}
OF_FP32 = Limits({"tensor": 0.01, "embedding": 0.01})
SECTION = "latency.some-cpu.onnxruntime-1.32.batch1"


@pytest.fixture(autouse=True)
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cases here have no files that could be hashed."""
    monkeypatch.setattr(check, "hashes_of", lambda _work, _dataset: {})


class Snapshot:
    """What syrupy's snapshot is to a gate: it notes what it is told."""

    def __init__(self, *, update: bool) -> None:
        self.update_snapshots = update
        self.told: list[bool] = []
        self.write = write_section

    def use_extension(self, _: object) -> "Snapshot":
        return self

    def __call__(self, *, name: str) -> "Snapshot":
        self.file, _, self.section = name.rpartition("::")
        return self

    def __eq__(self, data: object) -> bool:
        assert isinstance(data, dict)
        self.told.append(data["holds"])
        if self.update_snapshots and not data["holds"]:
            self.write(Path(self.file), self.section, data["entry"])
            return True
        return bool(data["holds"])

    __hash__ = None


def timed(low: float, high: float) -> Measured:
    return Measured(
        section=SECTION,
        identity={"batch": 1, "threads": 1},
        figures={"speedup": (low + high) / 2},
        intervals={"speedup": (low, high)},
    )


def charted(tensor: float = 0.5, **more: tuple[float, ...]) -> Measured:
    samples = {"tensor": (tensor,), "embedding": (0.1,), **more}
    return Measured(section=Gate.FINGERPRINT, identity={"source": "a"}, samples=samples)


def weighed(size_bytes: float) -> Measured:
    return Measured(section=Gate.ARTIFACT, identity={}, figures={"size_bytes": size_bytes})


@pytest.fixture
def case() -> Case:
    catalog = read_catalog()
    return Case(catalog.models["arcface-embedded"], catalog.modes["int8_static_qdq"])


def gate(
    case: Case,
    root: Path,
    *,
    update: bool = False,
    floor: dict[str, float] | None = None,
    of: Gate = Gate.LATENCY,
    fingerprint: Measured | None = None,
    profile: str = "cpu-avx2",
) -> tuple[GateCheck, Snapshot]:
    snapshot = Snapshot(update=update)
    bench = SimpleNamespace(
        profile=profile,
        provider=read_catalog().providers["cpu"],
        catalog=SimpleNamespace(folder=root, kin_of=lambda mode: mode),
    )
    limits = replace(LIMITS, policy=PolicySpec(floor=floor or {}))
    fp32 = SimpleNamespace(
        mode=read_catalog().fp32,
        limits=lambda: OF_FP32,
        measured={(Gate.FINGERPRINT, None): fingerprint or charted()},
    )
    work = SimpleNamespace(
        limits=lambda dataset=None: limits,
        bench=bench,
        fp32=fp32,
        model=case.model,
        mode=case.mode,
    )
    item = SimpleNamespace(nodeid=f"x::test_{of}[x]", stash=pytest.Stash())
    made = GateCheck(item, of, case, None, work, snapshot, "pytest -k x", require_all=False)
    return made, snapshot


def accept(
    case: Case,
    root: Path,
    measured: Measured,
    versions: dict[str, str] | None = None,
    limits: KeptLimits | None = None,
) -> BaselineFile:
    file = BaselineFile(root / "baselines", "cpu-avx2", case.model.id, case.mode.id)
    write_section(
        file.path,
        measured.section,
        entry_document(measured, limits or kept_limits(measured, LIMITS), versions or {}),
    )
    return file


def record_of(made: GateCheck) -> Record:
    return attached(made._item)


def test_an_undecided_speed_up_fails_no_snapshot(case: Case, tmp_path: Path) -> None:
    accept(case, tmp_path, timed(1.28, 1.28))
    made, snapshot = gate(case, tmp_path)
    made.check(timed(1.17, 1.21))
    assert record_of(made).outcome is Outcome.UNDECIDED
    assert snapshot.told == [True]


@pytest.mark.parametrize("profile", ["cpu-amx", "cpu-avx-vnni", "cpu-avx2"])
def test_what_was_accepted_as_vnni_serves_the_kin_of_vnni_alone(
    case: Case, tmp_path: Path, profile: str
) -> None:
    accepted = accept(case, tmp_path, timed(1.28, 1.28))
    vnni = replace(accepted, profile="cpu-vnni")
    vnni.path.parent.mkdir(parents=True)
    accepted.path.rename(vnni.path)
    made, snapshot = gate(case, tmp_path, profile=profile)
    made.check(timed(1.28, 1.28))
    serves = profile != "cpu-avx2"
    assert record_of(made).outcome is (Outcome.PASS if serves else Outcome.NOT_COMPARED)
    assert snapshot.told == ([True] if serves else [])
    # Accepting writes where it was found.
    assert record_of(made).baseline.startswith("cpu-vnni/" if serves else "cpu-avx2/")


def test_a_failed_comparison_fails_its_snapshot(case: Case, tmp_path: Path) -> None:
    accept(case, tmp_path, timed(1.28, 1.28))
    made, snapshot = gate(case, tmp_path)
    with pytest.raises(pytest.fail.Exception, match="not as accepted: Speed-up over FP32"):
        made.check(timed(1.0, 1.1))
    assert snapshot.told == [False]


def test_another_library_version_is_named_first(case: Case, tmp_path: Path, monkeypatch) -> None:
    now = {"onnxruntime": "1.24.4", "numpy": "2.0"}
    monkeypatch.setattr(advice, "surroundings", lambda: now)
    accept(case, tmp_path, timed(1.28, 1.28), {"onnxruntime": "1.32.0", "numpy": "2.0"})
    made, _ = gate(case, tmp_path)
    with pytest.raises(pytest.fail.Exception) as failed:
        made.check(timed(1.0, 1.1))
    assert str(failed.value).splitlines()[0] == (
        "latency: arcface-embedded int8_static_qdq: accepted under onnxruntime 1.32.0, this run "
        "has 1.24.4: not as accepted: Speed-up over FP32"
    )
    # To accept is not the first thing that is advised.
    made, _ = gate(case, tmp_path, of=Gate.ARTIFACT)
    accept(case, tmp_path, weighed(1e6), {"onnxruntime": "1.32.0"})
    with pytest.raises(pytest.fail.Exception, match="4: measured and accepted have not the same"):
        made.check(weighed(1e6).model_copy(update={"figures": {}}))
    assert record_of(made).headline.endswith("; go back to those, or accept with --snapshot-update")
    # It is the first suspect of a loss against FP32 too.
    made, _ = gate(case, tmp_path, floor={"speedup": 2.0})
    with pytest.raises(pytest.fail.Exception, match="4: quantization costs too"):
        made.check(timed(1.28, 1.28))
    # What is as accepted is not put in doubt.
    made, _ = gate(case, tmp_path)
    made.check(timed(1.28, 1.28))
    assert record_of(made).headline == "as accepted"


@pytest.mark.parametrize(("causes", "suspected"), [((), True), (("colour order",), False)])
def test_no_library_is_suspected_of_what_a_cause_was_found_for(
    case: Case, tmp_path: Path, monkeypatch, causes: tuple[str, ...], *, suspected: bool
) -> None:
    monkeypatch.setattr(advice, "surroundings", lambda: {"onnxruntime": "1.24.4"})
    monkeypatch.setattr(check, "explain_fingerprint", lambda *_: causes)
    for name in ("tensor", "embedding"):
        monkeypatch.setitem(LIMITS.tolerances, name, 0.01)
    accept(case, tmp_path, charted(), {"onnxruntime": "1.32.0"})
    made, _ = gate(case, tmp_path, of=Gate.FINGERPRINT)
    with pytest.raises(pytest.fail.Exception):
        made.check(charted(0.9))
    assert record_of(made).headline.startswith("accepted under onnxruntime") == suspected


@pytest.mark.parametrize(
    ("accepted", "fingerprint", "advised"),
    [
        (charted(), charted(), True),
        # Nothing is accepted that could be contradicted.
        (None, charted(0.9), True),
        # An older suite's lacks a part: to accept that is what is to be done.
        (charted(), charted(size=(112.0, 112.0)), True),
        (charted(), charted(0.9), False),
        (charted(), charted(0.9, size=(112.0, 112.0)), False),
        (charted(), charted().model_copy(update={"identity": {"source": "b"}}), False),
        (charted(), charted().model_copy(update={"samples": {}, "problem": "NaN"}), False),
    ],
    ids=["same", "none", "lacks", "moved", "moved and lacks", "other weights", "NaN"],
)
@pytest.mark.parametrize("known", [True, False], ids=["figures missing", "nothing accepted"])
def test_no_gate_advises_accepting_while_the_fingerprint_is_red(
    case: Case,
    tmp_path: Path,
    *,
    accepted: Measured | None,
    fingerprint: Measured,
    advised: bool,
    known: bool,
) -> None:
    root = tmp_path / "baselines"
    if accepted:
        file = BaselineFile(root, "cpu", case.model.id, "fp32")
        write_section(
            file.path,
            accepted.section,
            entry_document(accepted, kept_limits(accepted, OF_FP32), {}),
        )
    if known:
        accept(case, tmp_path, weighed(1e6).model_copy(update={"figures": {}}))
    made, _ = gate(case, tmp_path, of=Gate.ARTIFACT, fingerprint=fingerprint)
    with pytest.raises(pytest.fail.Exception):
        made.check(weighed(1e6))
    headline = record_of(made).headline
    assert headline.endswith("; accept with --snapshot-update") is advised, headline
    assert ("fingerprint is not as accepted: mend that first" in headline) is not advised


def test_what_is_not_compared_asks_for_no_snapshot(case: Case, tmp_path: Path) -> None:
    made, snapshot = gate(case, tmp_path)
    made.check(timed(1.2, 1.21))
    record = record_of(made)
    assert (record.outcome, snapshot.told) == (Outcome.NOT_COMPARED, [])
    assert record.headline == f"no speed-up is accepted as {SECTION}"


@pytest.mark.parametrize(
    ("before", "now", "written"),
    [(None, 1.3, True), (1.3, 1.31, False), (1.3, 1.6, True), (1.3, 1.0, True)],
)
def test_an_update_writes_news_alone(
    case: Case, tmp_path: Path, monkeypatch, before: float | None, now: float, written: bool
) -> None:
    monkeypatch.setattr(check, "why_unacceptable", lambda work: None)
    file = BaselineFile(tmp_path / "baselines", "cpu-avx2", case.model.id, case.mode.id)
    if before:
        accept(case, tmp_path, timed(before, before))
    made, snapshot = gate(case, tmp_path, update=True)
    made.check(timed(now, now))
    assert record_of(made).accepted is written
    assert snapshot.told == [not written]
    entry = file.entry(SECTION)
    assert entry is not None
    assert entry.figures["speedup"] == (now if written else before)


def test_what_is_too_uncertain_to_be_accepted_fails_and_keeps_what_was_accepted(
    case: Case, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(check, "why_unacceptable", lambda work: None)
    file = accept(case, tmp_path, timed(1.28, 1.28))
    before = file.path.read_bytes()
    made, snapshot = gate(case, tmp_path, update=True)
    with pytest.raises(pytest.fail.Exception) as failed:
        made.check(timed(1.0, 1.6))
    assert str(failed.value).splitlines()[0] == (
        "latency: arcface-embedded int8_static_qdq: not accepted: the interval of speedup is wider "
        "than its tolerance; accept with -m latency on a quiet machine, or all else with "
        '-m "not latency"'
    )
    record = record_of(made)
    assert (record.outcome, record.accepted, record.refused) == (Outcome.FAIL, False, True)
    # Its case's other gates are accepted all the same.
    assert not record.unacceptable
    assert (snapshot.told, file.path.read_bytes()) == ([], before)


@pytest.mark.parametrize("update", [True, False])
def test_what_is_deferred_while_accepting_is_named_as_not_accepted(
    case: Case, tmp_path: Path, update: bool
) -> None:
    made, _ = gate(case, tmp_path, update=update)
    with pytest.raises(pytest.skip.Exception):
        made.conclude_without(Outcome.DEFERRED, "pytest-benchmark is off here")
    assert record_of(made).refused is update


def test_what_is_undecided_against_fp32_says_that_it_was_accepted(
    case: Case, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(check, "why_unacceptable", lambda work: None)
    made, _ = gate(case, tmp_path, update=True, floor={"speedup": 1.2})
    made.check(timed(1.19, 1.21))
    record = record_of(made)
    assert (record.outcome, record.accepted) == (Outcome.UNDECIDED, True)
    assert "straddles the limit" in record.headline
    assert BaselineFile(tmp_path / "baselines", "cpu-avx2", case.model.id, case.mode.id).entry(
        SECTION
    )


def test_what_does_not_read_back_is_not_said_to_be_accepted(
    case: Case, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(check, "why_unacceptable", lambda work: None)
    made, snapshot = gate(case, tmp_path, update=True)
    snapshot.write = lambda *_: None
    with pytest.raises(BaselineError, match="was written and reads back otherwise"):
        made.check(timed(1.2, 1.2))


def test_what_cannot_be_accepted_is_not_written(case: Case, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(check, "why_unacceptable", lambda work: "placement: 1 nodes fell back")
    made, snapshot = gate(case, tmp_path, update=True)
    with pytest.raises(pytest.fail.Exception, match="not accepted: placement: 1 nodes fell back"):
        made.check(timed(1.2, 1.2))
    assert (snapshot.told, list(tmp_path.rglob("*.json"))) == ([], [])


def test_accepting_measures_and_judges_nothing_twice(case: Case, monkeypatch) -> None:
    judged: list[str] = []
    judge = acceptance.judged_in_this_run

    def noted(work, gate: Gate, dataset_id: str | None) -> Judgement:
        judged.append(f"{work.mode.id} {gate} {dataset_id}")
        return judge(work, gate, dataset_id)

    monkeypatch.setattr(acceptance, "judged_in_this_run", noted)
    asked: list[tuple[str, Gate, str]] = []

    def measure(work, gate: Gate, dataset_id: str) -> Measured:
        asked.append((work.mode.id, gate, dataset_id))
        return Measured(section=f"{gate}.{dataset_id}", identity={})

    monkeypatch.setattr(measures, "_measure", measure)
    monkeypatch.setattr(measures, "identified", lambda *_: {})
    catalog = read_catalog()
    model = case.model.model_copy(update={"evaluation": ("a", "b", "c", "d")})
    bench = SimpleNamespace(recorded=None)
    of_model = {"bench": bench, "model": model, "limits": lambda dataset=None: Limits({})}
    fp32 = SimpleNamespace(mode=catalog.fp32, measured={}, refusal=None, **of_model)
    work = SimpleNamespace(mode=case.mode, measured={}, refusal=None, fp32=fp32, **of_model)
    # Its gates: artifact, behaviour, placement, latency twice, and two for each set.
    for _ in range(13):
        assert not acceptance.why_unacceptable(work)
    assert len(asked) == len(set(asked)) == (3 + 4) + (3 + 2 * 4)
    assert len(judged) == len(set(judged)) == (3 + 4) + (3 + 2 * 4)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (KeptLimits(tolerances={"speedup": 0.05}), "tolerance of Speed-up over FP32 0.05 → 0.07"),
        (KeptLimits(**HELD, floor={"speedup": 1.1}), "floor of Speed-up over FP32 1.1 → none"),
        (KeptLimits(**HELD, loss={"accuracy": 0.01}), "loss of Accuracy 0.01 → none"),
        (KeptLimits(tolerances={"speedup": 0.08}), None),
        (KeptLimits(tolerances={"speedup": 0.07}), None),
    ],
)
def test_limits_wider_than_accepted_are_red_until_accepted(
    case: Case, tmp_path: Path, monkeypatch, limits: KeptLimits, words: str | None
) -> None:
    monkeypatch.setattr(check, "why_unacceptable", lambda work: None)
    file = accept(case, tmp_path, timed(1.28, 1.28), limits=limits)
    if words is None:
        made, _ = gate(case, tmp_path)
        made.check(timed(1.28, 1.28))
    else:
        made, snapshot = gate(case, tmp_path)
        with pytest.raises(pytest.fail.Exception, match=f"limits changed: {words}; accept them"):
            made.check(timed(1.28, 1.28))
        assert snapshot.told == [False]
    updating, _ = gate(case, tmp_path, update=True)
    updating.check(timed(1.28, 1.28))
    entry = file.entry(SECTION)
    assert entry is not None
    assert entry.limits == KeptLimits(tolerances={"speedup": 0.07})


def test_a_lowered_floor_is_a_wider_limit(case: Case, tmp_path: Path) -> None:
    accept(case, tmp_path, timed(1.28, 1.28), limits=KeptLimits(**HELD, floor={"speedup": 1.1}))
    made, _ = gate(case, tmp_path, floor={"speedup": 1.0})
    with pytest.raises(pytest.fail.Exception, match=r"floor of Speed-up over FP32 1\.1 → 1;"):
        made.check(timed(1.28, 1.28))
    raised, _ = gate(case, tmp_path, floor={"speedup": 1.2})
    raised.check(timed(1.28, 1.28))


def test_what_an_older_suite_accepted_kept_no_limits(case: Case, tmp_path: Path) -> None:
    file = accept(case, tmp_path, timed(1.28, 1.28))
    data = dict(file.sections()[SECTION], format=1)
    del data["limits"]
    write_section(file.path, SECTION, data)
    made, _ = gate(case, tmp_path)
    made.check(timed(1.28, 1.28))
    # A suite that keeps them has lost them.
    write_section(file.path, SECTION, dict(data, format=2))
    made, _ = gate(case, tmp_path)
    with pytest.raises(BaselineError, match=r"batch1\.limits' is missing"):
        made.check(timed(1.28, 1.28))
