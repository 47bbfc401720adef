"""What a run adds to a history: its headline figures, one line."""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from suite.catalog.errors import SuiteError, writing
from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate
from suite.catalog.lock import Lock
from suite.judging.record import Record, fp32_modes
from suite.report.backend import Backends
from suite.report.cases import batch_of
from suite.report.history import PastCase, PastRun
from suite.report.model import Environment, Report

# Of a set the first of these that was measured.
_TARS = (
    *(f"{pairs}tar_at_far_1e-3" for pairs in ("all_pairs_", "")),
    *(name for name in FIGURES if "mixed" not in name and "tar_at_far_1e-" in name),
)
_OF_SET = {
    Gate.VERIFICATION: ("accuracy",),
    Gate.FIDELITY: ("cosine_mean", "cosine_1st_percentile", "cosine_worst"),
}
_OF_FILE = {Gate.ARTIFACT: ("size_bytes",), Gate.LATENCY: ("speedup",)}


def past_runs(report: Report) -> tuple[PastRun, ...]:
    """The headline figures of a report, with where and of what they are.

    One run; of a merged report one for each provider and profile.
    """
    if not report.runs:
        return (_past_run(report, report.environment, report.records),)
    return tuple(
        _past_run(report, report.environment_on(backend.provider, backend.profile), records)
        for backend, records in Backends(report.records).records.items()
    )


def before(report: Report, runs: Sequence[PastRun]) -> tuple[PastRun, ...]:
    """The runs of a history that came before a report, which may be in it itself.

    The runs that the report was merged of are in it, and so none before it.
    """
    own = past_runs(report)
    first = next((n for n, run in enumerate(runs) if any(map(run.is_line_of, own))), len(runs))
    parts = {
        ((each.appended[-1] if each.appended else env).started, env.provider, env.profile)
        for each in report.runs
        for env in [each.environment]
    }
    return tuple(
        run for run in runs[:first] if (run.started, run.provider, run.profile) not in parts
    )


def _past_run(report: Report, environment: Environment, records: Sequence[Record]) -> PastRun:
    fp32 = fp32_modes(records)
    by_case: dict[tuple[str, str, str | None], list[Record]] = {}
    for record in records:
        if record.measured and record.gate in (*_OF_SET, *_OF_FILE):
            by_case.setdefault((record.model, record.mode, record.dataset), []).append(record)
    cases = (_case(*case, found, is_fp32=case[1] in fp32) for case, found in by_case.items())
    return PastRun(
        started=(report.appended[-1] if report.appended else environment).started,
        commit=environment.commit,
        branch=environment.branch,
        suite=environment.suite,
        provider=environment.provider,
        profile=environment.profile,
        cpu=environment.cpu,
        device=environment.device,
        versions=environment.versions,
        verdict=report.verdict,
        cases=tuple(case for case in cases if case.figures),
    )


def append_run(path: Path, run: PastRun) -> None:
    """Add a run to a file as one line, also beside others that do.

    Where the last line was cut short, the next one begins below it.

    Raises
    ------
    SuiteError
        where the system does not let it be written.
    """
    line = run.model_dump_json().encode() + b"\n"
    with _writing(path):
        _refuse_special(path)
        with Lock(path.with_name(f".{path.name}.lock")), path.open("ab+") as stream:
            if stream.seek(0, os.SEEK_END):
                stream.seek(-1, os.SEEK_END)
                line = line if stream.read(1) == b"\n" else b"\n" + line
            stream.write(line)


def require_writable(path: Path) -> None:
    """Say before the first gate that a run could not be added to a file; it is made if need be.

    Raises
    ------
    SuiteError
        where it cannot.
    """
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _refuse_special(path)
        path.open("ab").close()


def _refuse_special(path: Path) -> None:
    """Whoever opens a pipe waits for its other end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file")
    if path.is_symlink() and not path.exists():
        raise OSError(errno.EINVAL, "it is a link to nothing")


def _case(
    model: str, mode: str, dataset: str | None, records: Sequence[Record], *, is_fp32: bool
) -> PastCase:
    figures: dict[str, float] = {}
    intervals: dict[str, tuple[float, float]] = {}
    # Of several loads the one with the smallest batch comes last, and stays.
    for record in sorted(records, key=batch_of, reverse=True):
        measured = record.measured
        assert measured is not None, "the others were left out"
        for name in _names(record):
            if name in measured.known:
                figures[name] = measured.known[name]
                intervals.pop(name, None)
            if name in measured.intervals:
                intervals[name] = measured.intervals[name]
    return PastCase(
        model=model,
        mode=mode,
        dataset=dataset,
        is_fp32=is_fp32,
        figures=figures,
        intervals=intervals,
    )


def _names(record: Record) -> Iterator[str]:
    yield from _OF_SET.get(record.gate, ()) or _OF_FILE[record.gate]
    if record.gate is Gate.VERIFICATION and record.measured:
        known = record.measured.known
        yield from [name for name in _TARS if name in known][:1]


def _writing(path: Path) -> AbstractContextManager[None]:
    other = "give another file with --history"
    return writing(path, "cannot write the history there", other, SuiteError)
