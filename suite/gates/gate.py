"""A gate at work: it judges a measurement, attaches the record, then asserts."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from suite.catalog.case import Case
from suite.catalog.policy import PolicySpec
from suite.gates.workbench import Workbench
from suite.judging.against_baseline import judge_against_baseline, too_wide
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.baselines.store import (
    accepted_profiles,
    baseline_file,
    read_entry,
    read_sections,
)
from suite.judging.baselines.syrupy_extension import BaselineExtension, proposal, snapshot_name
from suite.judging.judgement import Judgement
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.failure import failure_message
from suite.runtime.profile import PARENT_PROFILE

RECORD = "face_quant_record"


class Gate:
    """What a gate's test calls, once."""

    def __init__(
        self,
        item: pytest.Item,
        name: str,
        case: Case,
        dataset: str | None,
        workbench: Workbench,
        snapshot: SnapshotAssertion,
        versions: Mapping[str, str],
        rerun: str,
        require_all: bool,
    ) -> None:
        self._item = item
        self._name = name
        self._case = case
        self._dataset = dataset
        self._workbench = workbench
        self._snapshot = snapshot
        self._versions = versions
        self._rerun = rerun
        self._require_all = require_all
        self._started = time.monotonic()

    def check(self, measured: Measured) -> None:
        """Hold a measurement against FP32 and the baseline; fail with the table of both."""
        against_fp32 = judge_against_fp32(measured, self._policy())
        path = self._baseline_path()
        if self._snapshot.update_snapshots and self._may_write(path, measured):
            against_baseline, notes = self._accept(measured, path, against_fp32)
        else:
            against_baseline, notes = self._compare(measured, path)
        open_or_failed = [
            judged
            for outcome in (Outcome.FAIL, Outcome.UNDECIDED)
            for judged in (against_fp32, against_baseline)
            if judged.outcome is outcome
        ]
        concluded = open_or_failed[0] if open_or_failed else against_baseline
        self._conclude(
            concluded.outcome,
            concluded.headline,
            measured,
            rows=(*against_fp32.rows, *against_baseline.rows),
            notes=(*notes, *measured.remarks),
            unacceptable=against_fp32.outcome is Outcome.FAIL,
            baseline=self._proposed(path, measured),
        )

    def observe(self, measured: Measured, headline: str) -> None:
        """Record a measurement that is compared with nothing; it fails by its own problem alone."""
        fell_back = any(stray.fell_back for stray in measured.strays)
        self._conclude(
            Outcome.FAIL if measured.problem else Outcome.PASS,
            measured.problem or headline,
            measured,
            notes=measured.remarks,
            unacceptable=bool(measured.problem) or fell_back,
        )

    def is_undecided(self, measured: Measured) -> bool:
        """Whether more rounds could still decide: nothing fails, and an interval is too wide."""
        judged = [judge_against_fp32(measured, self._policy())]
        entry = read_entry(self._baseline_path(), measured.section)
        if self._snapshot.update_snapshots:
            if too_wide(measured, self._tolerances()):
                return True
        elif entry is not None:
            judged.append(judge_against_baseline(measured, entry, self._tolerances()))
        outcomes = {each.outcome for each in judged}
        return Outcome.FAIL not in outcomes and Outcome.UNDECIDED in outcomes

    def conclude_without(self, outcome: Outcome, headline: str) -> None:
        """Record that there was nothing to measure, and why."""
        self._conclude(outcome, headline, None)

    def _policy(self) -> PolicySpec:
        return self._workbench.policy(self._case.model, self._case.mode)

    def _baseline_path(self) -> Path:
        # FP32 is accepted once, in the parent profile that serves every provider.
        bench = self._workbench
        profile = PARENT_PROFILE if self._case.mode.is_reference else bench.profile
        return baseline_file(
            bench.catalog.baselines, profile, self._case.model.id, self._case.mode.id
        )

    def _may_write(self, path: Path, measured: Measured) -> bool:
        # A GPU's FP32 is held against the CPU's, never accepted in its place.
        shared = self._case.mode.is_reference and not self._workbench.provider.on_cpu_kernels
        return not shared or read_entry(path, measured.section) is None

    def _proposed(self, path: Path, measured: Measured) -> str:
        uncertain = measured.problem or too_wide(measured, self._tolerances())
        if uncertain or not self._may_write(path, measured):
            return ""
        return path.relative_to(self._workbench.catalog.baselines).as_posix()

    def _compare(self, measured: Measured, path: Path) -> tuple[Judgement, tuple[str, ...]]:
        entry = read_entry(path, measured.section)
        if entry is None:
            return self._nothing_accepted(measured.section, path), ()
        tolerances = self._tolerances()
        judged = judge_against_baseline(measured, entry, tolerances)
        self._ask_syrupy(measured, path, tolerances)
        notes: tuple[str, ...] = ()
        if judged.outcome is Outcome.FAIL and measured.section == "fingerprint":
            notes = self._workbench.explain_fingerprint(self._case.model, entry.samples)
            notes = tuple(f"likely cause: {note}" for note in notes)
        return judged, notes

    def _nothing_accepted(self, section: str, path: Path) -> Judgement:
        root, case = self._workbench.catalog.baselines, self._case
        if section.startswith("latency."):
            words = f"not compared: no speed-up is accepted as {section}"
            return Judgement(Outcome.NOT_COMPARED, words, ())
        others = accepted_profiles(root, case.model.id, case.mode.id, section)
        if others:
            words = f"not compared: accepted on {', '.join(others)}, this is {path.parts[-3]}"
            return Judgement(Outcome.NOT_COMPARED, words, ())
        what = f"section {section!r} of" if read_sections(path) else "a"
        words = (
            f"nothing accepted: {what} baseline {path} is missing; accept with --snapshot-update"
        )
        return Judgement(Outcome.FAIL, words, ())

    def _accept(
        self, measured: Measured, path: Path, against_fp32: Judgement
    ) -> tuple[Judgement, tuple[str, ...]]:
        reason = (
            against_fp32.headline
            if against_fp32.outcome is Outcome.FAIL
            else self._workbench.why_unacceptable(self._case.model, self._case.mode)
        )
        if reason:
            words = (
                f"not accepted: {reason}; mend that, leave the mode out with --modes, or ease "
                f"[modes.{self._case.mode.id}.policy] in {self._case.model.card_file.name}"
            )
            return Judgement(Outcome.FAIL, words, ()), ()
        if wide := too_wide(measured, self._tolerances()):
            words = f"not accepted: the interval of {', '.join(wide)} is wider than its tolerance"
            return Judgement(Outcome.UNDECIDED, words, ()), ()
        before = read_sections(path).get(measured.section)
        tolerances = self._tolerances()
        if self._ask_syrupy(measured, path, tolerances) and before is not None:
            entry = read_entry(path, measured.section)
            if read_sections(path)[measured.section] == before and entry is not None:
                return judge_against_baseline(measured, entry, tolerances), ()
        return (
            Judgement(Outcome.PASS, "accepted", ()),
            _changes(before, read_sections(path).get(measured.section)),
        )

    def _ask_syrupy(self, measured: Measured, path: Path, tolerances: Mapping[str, float]) -> bool:
        # Through syrupy, so that its --snapshot-update writes and its summary counts.
        snapshot = self._snapshot.use_extension(BaselineExtension)
        name = snapshot_name(path, measured.section)
        updating = self._snapshot.update_snapshots
        proposed = proposal(measured, tolerances, self._versions, updating=updating)
        return bool(snapshot(name=name) == proposed)

    def _tolerances(self) -> dict[str, float]:
        return self._workbench.catalog.tolerances(self._case.model, self._case.mode)

    def _conclude(
        self,
        outcome: Outcome,
        headline: str,
        measured: Measured | None,
        rows: tuple = (),  # type: ignore[type-arg]
        notes: tuple[str, ...] = (),
        unacceptable: bool = False,
        baseline: str = "",
    ) -> None:
        record = Record(
            gate=self._name,
            node=self._item.nodeid,
            model=self._case.model.id,
            family=self._case.model.family,
            mode=self._case.mode.id,
            dataset=self._dataset,
            provider=self._workbench.provider.id,
            profile=self._workbench.profile,
            outcome=outcome,
            headline=headline,
            measured=measured,
            rows=rows,
            notes=notes,
            unacceptable=unacceptable,
            baseline=baseline,
            hashes=self._workbench.hashes(self._case.model, self._case.mode, self._dataset),
            rerun=self._rerun,
            seconds=round(time.monotonic() - self._started, 3),
        )
        attach(self._item, record)
        if outcome is Outcome.FAIL or (self._require_all and outcome.fails_when_all_required):
            pytest.fail(failure_message(record), pytrace=False)
        if outcome in (Outcome.NOT_APPLICABLE, Outcome.DEFERRED):
            pytest.skip(f"{outcome}: {headline}")


def attach(item: pytest.Item, record: Record) -> None:
    """Put a record where xdist and JUnit carry it."""
    item.user_properties.append((RECORD, record.model_dump_json()))


def _changes(before: object, after: object) -> tuple[str, ...]:
    """What an accepted section was and is, a line each."""
    if before is None or not isinstance(before, dict) or not isinstance(after, dict):
        return ()
    lines = []
    for part in ("identity", "figures"):
        old, new = before.get(part, {}), after.get(part, {})
        for key in sorted(set(old) | set(new)):
            if old.get(key) != new.get(key):
                lines.append(f"{key}: {json.dumps(old.get(key))} → {json.dumps(new.get(key))}")
    if before.get("samples") != after.get("samples"):
        lines.append("samples: changed")
    return tuple(lines)
