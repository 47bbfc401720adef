"""Runs that are not of one gate: other suites, other weights or faces, speeds of two devices."""

from collections.abc import Mapping, Sequence

from suite.catalog.errors import SuiteError
from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate
from suite.judging.coverage import planned_gate
from suite.judging.identity import short
from suite.judging.record import Record
from suite.report.merging.run import Run

# The same catalog lies elsewhere, and a profile's results are the same on all of its machines.
_OF_THE_PLACE = frozenset({"catalog", "provider", "profile", "cpu", "device", "cores", "platform"})
_OF_THE_PROVIDER = frozenset({"python", "versions"})


def refuse_contradictions(runs: Sequence[Run]) -> None:
    """Refuse runs that contradict one another.

    Raises
    ------
    SuiteError
        where two runs are by different suites, or of one provider under different versions of
        libraries; where they measured different weights, artifacts or faces under one name, or one
        model's speed on different devices.
    """
    _refuse_other_versions(runs)
    _refuse_other_hashes(runs)
    _refuse_other_devices(runs)


def _refuse_other_versions(runs: Sequence[Run]) -> None:
    first: dict[str, Run] = {}
    for run in runs:
        pairs = [
            (runs[0], _OF_THE_PLACE | _OF_THE_PROVIDER),
            (first.setdefault(run.backend.provider, run), _OF_THE_PLACE),
        ]
        for other, may_differ in pairs:
            if differences := run.environment.differs_from(other.environment, may_differ):
                raise SuiteError(
                    where=run.name,
                    what=f"was run otherwise than {other.name} ({'; '.join(differences)}); run "
                    "both under the same versions.",
                )


def _refuse_other_hashes(runs: Sequence[Run]) -> None:
    known: dict[tuple[object, ...], tuple[str, Run]] = {}
    for run in runs:
        for record in run.records:
            for name, it in record.hashes.items() if record.measured else ():
                # Weights and faces are the same on every provider, what is built of them is not.
                case = (record.mode, run.backend)
                of = {"source": (), "dataset": (record.dataset,)}.get(name, case)
                was, other = known.setdefault((name, record.model, *of), (it, run))
                if was != it:
                    on = f" on {record.dataset}" if name == "dataset" else ""
                    raise SuiteError(
                        where=run.name,
                        what=f"{record.model} {record.mode}{on}: its {name} is {short(it)}, and "
                        f"{short(was)} in {other.name}; merge runs of the same cards and files.",
                    )


def _refuse_other_devices(runs: Sequence[Run]) -> None:
    timed: dict[tuple[object, ...], Run] = {}
    for run in runs:
        for model in dict.fromkeys(r.model for r in run.records if _is_timed(r)):
            other = timed.setdefault((model, run.backend), run)
            if other.environment.device != run.environment.device:
                raise SuiteError(
                    where=run.name,
                    what=f"{model} was timed on {run.environment.device}, and in {other.name} on "
                    f"{other.environment.device}, whose speeds cannot be compared; time a model "
                    "on one machine, or run with -m 'not latency' on one of them.",
                )


def _is_timed(record: Record) -> bool:
    return record.gate is Gate.LATENCY and record.measured is not None


def one_of(run: Run, record: Record, other: Run, another: Record) -> Record:
    """The record of a gate that two runs have: what both say alike, or that of the one that ran it.

    Raises
    ------
    SuiteError
        where both ran it and do not say the same.
    """
    ran = [each for each in (record, another) if each.outcome.measured_something]
    if not ran:
        return another if record.taken_away else record
    difference = _difference(another, record) if len(ran) == 2 else ""
    if difference:
        raise SuiteError(
            where=other.name,
            what=f"{planned_gate(another)}: {difference} in {run.name}; leave it out of one of "
            "these runs.",
        )
    return ran[0]


def _difference(record: Record, earlier: Record) -> str:
    """How a gate's second record differs from its first, in words; empty where it does not."""
    if record.outcome is not earlier.outcome:
        return f"its outcome is {record.outcome}, and {earlier.outcome}"
    now, then = (each.measured.figures if each.measured else {} for each in (record, earlier))
    for name in sorted(now.keys() | then.keys()):
        if now.get(name) != then.get(name):
            one, other = (_figure(values, name) for values in (now, then))
            return f"its {FIGURES[name].label} is {one}, and {other}"
    samples, before = (each.measured.samples if each.measured else {} for each in (record, earlier))
    if samples != before:
        return f"its {', '.join(sorted(samples.keys() | before.keys()))} is another than"
    if (record.rows, record.limits) != (earlier.rows, earlier.limits):
        return "it is held to other limits than"
    return ""


def _figure(values: Mapping[str, float], name: str) -> str:
    return f"{values[name]:.9g}" if name in values else "not there"
