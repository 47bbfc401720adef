"""Whether a case may be accepted: never where a gate fails in this run, or nodes fell back."""

from collections.abc import Iterator

from suite.catalog.gate import Gate, Section
from suite.gates.case_work import CaseWork
from suite.gates.measures import measured
from suite.gates.reference import judged_in_this_run
from suite.judging.baselines.store import BaselineFile
from suite.judging.judgement import Judgement
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Against


def why_unacceptable(work: CaseWork) -> str:
    """Why a case must not be accepted, and what to do; empty where it may be.

    It is judged once for all gates of the case. What is FP32's own fault is so for every mode.
    """
    if work.refusal is None:
        of_fp32 = "" if work.mode.is_fp32 else why_unacceptable(work.fp32)
        work.refusal = of_fp32 or _refusal(work)
    return work.refusal


def _refusal(work: CaseWork) -> str:
    fallen = [stray for stray in measured(work, Gate.PLACEMENT).strays if stray.fell_back]
    if fallen:
        named = ", ".join(f"{s.name or 'unnamed'} ({s.op_type})" for s in fallen[:3])
        words = f"placement: {len(fallen)} nodes of {work.mode.id} fell back: {named}"
        return f"{words}; {what_to_do(work)}"
    whose = f" of {work.mode.id}" if work.mode.is_fp32 else ""
    for section in _guarding(work):
        judged = judged_in_this_run(work, section.gate, section.key or None)
        if judged.outcome is Outcome.FAIL:
            return f"{section}{whose}: {judged.headline}; {what_to_do(work, judged)}"
    return ""


def left_behind(work: CaseWork, file: BaselineFile, measured: Measured) -> str:
    """Why a part of a model must not be accepted alone, and what to do; empty where it may be.

    The sets that this run leaves out would keep figures of other weights, faces of calibration or
    another recipe in the same baseline.
    """
    run = set(work.model.evaluation)
    for name in file.sections():
        section, entry = Section.parse(name), file.entry(name)
        if section is None or entry is None or not section.gate.per_dataset:
            continue
        if (
            section.key in run
            or section.key not in work.bench.catalog.models[file.model].evaluation
        ):
            continue
        for key in sorted(_OF_A_MODEL & measured.identity.keys()):
            if measured.identity[key] != entry.identity.get(key):
                return (
                    f"{name} was accepted with another {key} and is not in this run; accept all "
                    f"sets of {file.model} together, without --datasets"
                )
    return ""


# Identity keys that are the same for each set of a model in a mode.
_OF_A_MODEL = frozenset({"source", "artifact", "recipe", "calibration"})


def what_to_do(work: CaseWork, judged: Judgement | None = None) -> str:
    """What a case that is refused asks for; to ease a limit helps where a figure breaks it."""
    ways = ["mend that"] if work.mode.is_fp32 else ["mend that", "leave the mode out with --modes"]
    if judged and _broken(work, judged):
        eased = " and ".join(f"{', '.join(n)} of {t}" for t, n in _broken(work, judged).items())
        ways.append(f"ease {eased} in {work.model.card_file.name}")
    return " or ".join([", ".join(ways[:-1]), ways[-1]]) if len(ways) > 1 else ways[0]


def _broken(work: CaseWork, judged: Judgement) -> dict[str, list[str]]:
    """The keys of the limits that a case breaks, by their table in the model's card."""
    tables = {
        Against.BASELINE: "tolerances",
        Against.ITSELF: "tolerances",
        Against.FP32: "policy.loss",
        Against.FLOOR: "policy.floor",
    }
    found: dict[str, list[str]] = {}
    for row in judged.rows:
        if row.outcome is not Outcome.FAIL:
            continue
        table, key = tables[row.against], row.metric
        if (row.against, row.metric) == (Against.FLOOR, "speedup"):
            table, key = "speed_floor", work.bench.provider.id
        found.setdefault(f"[modes.{work.mode.id}.{table}]", []).append(key)
    return found


def _guarding(work: CaseWork) -> Iterator[Section]:
    for gate in Gate:
        if gate.guards_acceptance and (gate.of_fp32 or not work.mode.is_fp32):
            for dataset_id in work.model.evaluation if gate.per_dataset else ("",):
                yield Section(gate, dataset_id)
