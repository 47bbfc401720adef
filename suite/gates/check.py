"""A gate at work: it judges a measurement, attaches the record, then asserts."""

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from suite.catalog.case import Case
from suite.catalog.errors import BaselineError
from suite.catalog.gate import Gate
from suite.gates.acceptance import left_behind, what_to_do, why_unacceptable
from suite.gates.accepted_file import accepted_file
from suite.gates.advice import advised
from suite.gates.blame import fidelity_behind, held_against_fp32
from suite.gates.case_work import CaseWork
from suite.gates.conclusion import attach, concluded
from suite.gates.fingerprint import explain_fingerprint
from suite.gates.hashes import hashes_of
from suite.gates.limits import eased, held_to_nothing, on_limits
from suite.gates.lost_layers import kept_layers, where_lost
from suite.gates.measures import measured
from suite.gates.pictures import pictured
from suite.gates.reference import fault_of_fp32
from suite.judging.against_baseline import judge_against_baseline, too_wide
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.against_itself import judge_against_itself
from suite.judging.baselines.absent import nothing_accepted
from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.store import writing_baseline
from suite.judging.baselines.syrupy_extension import (
    BaselineExtension,
    snapshot_data,
    snapshot_name,
)
from suite.judging.blame import blamed
from suite.judging.judgement import Judgement
from suite.judging.kept_limits import KeptLimits, kept_limits
from suite.judging.measured import Measured
from suite.judging.news import changes, is_news
from suite.judging.outcome import Outcome
from suite.report.failure import failure_message
from suite.runtime.versions import surroundings

_Judged = tuple[Judgement, tuple[str, ...]]


class GateCheck:
    """What a gate's test calls, once."""

    def __init__(
        self,
        item: pytest.Item,
        gate: Gate,
        case: Case,
        dataset: str | None,
        work: CaseWork,
        snapshot: SnapshotAssertion,
        rerun: str,
        *,
        require_all: bool,
    ) -> None:
        self._item = item
        self._gate = gate
        self._case = case
        self._dataset = dataset
        self._work = work
        self._snapshot = snapshot
        self._rerun = rerun
        self._require_all = require_all
        self._started = time.monotonic()
        self._limits = work.limits(dataset)
        self._file = accepted_file(work)

    def measure(self) -> Measured:
        """What the gate is of, measured or remembered; with faces where they are asked for."""
        found = measured(self._work, self._gate, self._dataset)
        bench = self._work.bench
        if self._dataset and bench.shows_faces and bench.recorded is None:
            found = pictured(found, bench.dataset(self._dataset))
        return found

    def check(self, measured: Measured) -> None:
        """Hold a measurement against FP32 and the baseline; fail with the table of both."""
        against_fp32 = self._held_against_fp32(measured)
        updating = self._snapshot.update_snapshots and self._may_write(measured)
        if updating:
            against_baseline, notes = self._accept(measured, against_fp32)
        else:
            against_baseline, notes = self._compare(measured)
        refused = updating and against_baseline.outcome is Outcome.FAIL
        judged = (against_baseline,) if refused else (against_fp32, against_baseline)
        open_or_failed = [
            each
            for outcome in (Outcome.FAIL, Outcome.UNDECIDED)
            for each in judged
            if each.outcome is outcome
        ]
        concluded = open_or_failed[0] if open_or_failed else against_baseline
        failed = against_fp32 if refused else concluded
        where = where_lost(failed, self._work, self._file, measured.section)
        if not updating:
            entry = self._file.entry(measured.section)
            concluded = advised(concluded, entry, self._work, cause_known=bool(notes))
        self._conclude(
            concluded,
            measured,
            rows=(*against_fp32.rows, *against_baseline.rows),
            notes=(*notes, *where, *measured.said, *on_limits(measured, self._limits)),
            unacceptable=against_fp32.outcome is Outcome.FAIL or _fell_back(measured),
            accepted=against_baseline is _ACCEPTED,
            refused=refused,
            baseline=self._proposed(measured),
        )

    def observe(self, measured: Measured, headline: str) -> None:
        """Record a measurement that is compared with nothing; it fails by its own problem alone."""
        outcome = Outcome.FAIL if measured.problem else Outcome.PASS
        self._conclude_alone(Judgement(outcome, measured.problem or headline), measured)

    def hold(self, measured: Measured, headline: str) -> None:
        """Hold a measurement to the policy alone; no baseline has it."""
        judged = self._held_against_fp32(measured)
        if judged.outcome is Outcome.PASS:
            judged = Judgement(Outcome.PASS, headline, judged.rows)
        self._conclude_alone(judged, measured)

    def check_itself(self, measured: Measured) -> None:
        """Hold what the same faces gave in several ways to one another; no baseline is asked."""
        self._conclude_alone(judge_against_itself(measured, self._limits.tolerances), measured)

    def _conclude_alone(self, judged: Judgement, measured: Measured) -> None:
        self._conclude(
            judged,
            measured,
            rows=judged.rows,
            notes=measured.said,
            unacceptable=judged.outcome is Outcome.FAIL or _fell_back(measured),
        )

    def is_undecided(self, measured: Measured) -> bool:
        """Whether more rounds could still decide: nothing fails, and an interval is too wide."""
        judged = [judge_against_fp32(measured, self._limits.policy)]
        if self._snapshot.update_snapshots:
            if measured.disturbed or too_wide(measured, self._limits.tolerances):
                return True
        else:
            entry = self._file.entry(measured.section)
            if entry is not None:
                judged.append(judge_against_baseline(measured, entry, self._limits))
        outcomes = {each.outcome for each in judged}
        return Outcome.FAIL not in outcomes and Outcome.UNDECIDED in outcomes

    def conclude_without(self, outcome: Outcome, headline: str) -> None:
        """Record that there was nothing to measure, and why."""
        refused = self._snapshot.update_snapshots and outcome is Outcome.DEFERRED
        self._conclude(Judgement(outcome, headline), None, refused=refused)

    def _held_against_fp32(self, measured: Measured) -> Judgement:
        if fault := fault_of_fp32(self._work, self._dataset):
            return Judgement(Outcome.FAIL, fault)
        if mistake := held_to_nothing(self._work, measured, self._limits):
            return Judgement(Outcome.FAIL, mistake)
        return held_against_fp32(self._work, measured, self._limits.policy)

    def _may_write(self, measured: Measured) -> bool:
        # A GPU's FP32 is held against the CPU's, never accepted in its place.
        shared = self._case.mode.is_fp32 and not self._work.bench.provider.on_cpu_kernels
        return not shared or self._file.entry(measured.section) is None

    def _proposed(self, measured: Measured) -> str:
        """The file that would accept the measurement; empty where nothing may."""
        wide = too_wide(measured, self._limits.tolerances)
        if measured.problem or measured.disturbed or wide or not self._may_write(measured):
            return ""
        return self._file.relative.as_posix()

    def _compare(self, measured: Measured) -> _Judged:
        entry = self._file.entry(measured.section)
        if entry is None:
            of_fp32 = self._case.mode.is_fp32
            missing = nothing_accepted(self._file, self._gate, measured.section, of_fp32=of_fp32)
            return missing, ()
        judged = judge_against_baseline(measured, entry, self._limits, surroundings())
        self._tell_syrupy(measured, holds=judged.outcome is not Outcome.FAIL)
        if judged.outcome is not Outcome.FAIL:
            return judged, ()
        judged = blamed(judged, fidelity_behind(self._work, measured))
        notes: tuple[str, ...] = ()
        if self._gate is Gate.FINGERPRINT:
            causes = explain_fingerprint(self._work, entry, measured)
            notes = tuple(f"likely cause: {cause}" for cause in causes)
        return judged, notes

    def _accept(self, measured: Measured, against_fp32: Judgement) -> _Judged:
        if against_fp32.outcome is Outcome.FAIL:
            reason: str | None = f"{against_fp32.headline}; {what_to_do(self._work, against_fp32)}"
        else:
            reason = why_unacceptable(self._work) or left_behind(self._work, self._file, measured)
        if reason:
            return Judgement(Outcome.FAIL, f"not accepted: {reason}"), ()
        wide = too_wide(measured, self._limits.tolerances)
        if wide or measured.disturbed:
            why = f"the interval of {', '.join(wide)} is wider than its tolerance"
            words = (
                f"not accepted: {measured.disturbed or why}; accept with -m latency on a quiet "
                'machine, or all else with -m "not latency"'
            )
            return Judgement(Outcome.FAIL, words), ()
        entry = self._file.entry(measured.section)
        judged = judge_against_baseline(measured, entry, self._limits) if entry else None
        before = self._file.sections().get(measured.section)
        kept = kept_limits(measured, self._limits)
        case = self._case
        requests = (case.model.on_request, case.mode_on_request)
        artifact = measured.origin and measured.origin.artifact
        beside = (kept, measured.identified, *requests, artifact)
        news = entry is None or judged is None or is_news(judged, moved=beside != entry.beside)
        layers = kept_layers(self._work, self._gate) if news or not (entry and entry.layers) else {}
        news = news or bool(layers)
        self._tell_syrupy(measured, holds=not news, layers=layers)
        after = self._file.sections().get(measured.section)
        if judged is not None and before == after:
            return judged, ()
        return _ACCEPTED, changes(before, after)

    def _tell_syrupy(
        self, measured: Measured, *, holds: bool, layers: Mapping[str, float] | None = None
    ) -> None:
        """Let syrupy count, and write where it updates and the accepted entry does not hold.

        Raises
        ------
        BaselineError
            where what it wrote does not stand in the file.
        """
        snapshot = self._snapshot.use_extension(BaselineExtension)
        kept = kept_limits(measured, self._limits)
        entry = entry_document(
            measured,
            kept,
            surroundings(),
            on_request=self._case.model.on_request,
            mode_on_request=self._case.mode_on_request,
            layers=layers,
        )
        told = snapshot(name=snapshot_name(self._file, measured.section))
        of_images = measured.angles.data if measured.angles else None
        counted = told == snapshot_data(entry, holds=holds, of_images=of_images)
        if holds or not self._snapshot.update_snapshots:
            return
        # Syrupy keeps what goes wrong as it writes to itself.
        error = None if counted else told.executions[told.num_executions - 1].exception
        if error:
            with writing_baseline(self._file.path):
                raise error
        if self._file.sections().get(measured.section) != json.loads(json.dumps(entry)):
            raise BaselineError(
                where=self._file.path,
                what=f"section {measured.section!r} was written and reads back otherwise; look at "
                "the disk, and accept again.",
            )

    def _conclude(self, judged: Judgement, measured: Measured | None, **rest: Any) -> None:
        outcome = judged.outcome
        kept = kept_limits(measured, self._limits) if measured else KeptLimits()
        looser = eased(self._work, self._dataset, measured) if measured else ()
        record = concluded(
            self._gate,
            self._case,
            self._dataset,
            self._item.nodeid,
            self._rerun,
            self._work.bench.provider.id,
            profile=self._work.bench.profile,
            outcome=outcome,
            headline=judged.sentence,
            measured=measured.of_numbers() if measured else None,
            limits=kept,
            eased=looser,
            hashes=hashes_of(self._work, self._dataset),
            seconds=round(time.monotonic() - self._started, 3),
            **rest,
        )
        attach(self._item, record)
        if outcome is Outcome.FAIL or (self._require_all and outcome.fails_when_all_required):
            pytest.fail(failure_message(record), pytrace=False)
        if outcome.skips:
            pytest.skip(f"{outcome}: {judged.headline}")


_ACCEPTED = Judgement(Outcome.PASS, "accepted")


def _fell_back(measured: Measured) -> bool:
    return any(stray.fell_back for stray in measured.strays)
