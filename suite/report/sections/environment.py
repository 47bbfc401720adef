"""What was run where, and the hashes of what was at work."""

from suite.judging.record import Record
from suite.report.backend import Backends
from suite.report.model import Environment, Report
from suite.report.tables import markdown

RUNS_HEADER = ("Started", "Provider, profile", "Commit", "Alone", "Command")
# The rows of a table of facts, or the columns of merged runs, that are commands.
_OF_CODE = ("Command", "Completed by")


def environment(report: Report) -> list[str]:
    """The section, with the hashes folded away."""
    lines = ["## What was run where", ""]
    if runs := run_rows(report):
        rows = [(*row[:-1], f"`{row[-1]}`") for row in runs]
        lines += [f"Merged of {len(rows)} runs:", "", *markdown(RUNS_HEADER, rows), ""]
    for facts in fact_tables(report):
        marked = [(name, f"`{it}`" if name in _OF_CODE else it) for name, it in facts]
        lines += [*markdown(("", ""), marked), ""]
    if hashes := hash_rows(report):
        lines += ["<details><summary>Hashes</summary>", ""]
        lines += [*markdown(("Of", "What", "SHA-256"), hashes), "", "</details>", ""]
    return lines


def run_rows(report: Report) -> list[tuple[str, ...]]:
    """A row for each run that was merged, and what completed it; none of a single run."""
    rows: list[tuple[str, ...]] = []
    for run in report.runs:
        env = run.environment
        commands = "; then ".join((env.command, *(each.command for each in run.appended)))
        of = f"{env.branch} {env.commit[:7]}".strip()
        said = f"{run.verdict.upper()}: {run.summary}"
        rows.append((env.started, f"{env.provider}, {env.profile}", of, said, commands))
    return rows


def fact_tables(report: Report) -> list[tuple[tuple[str, str], ...]]:
    """Where and on what it was run, by name; a table each of environments that differ."""
    if report.runs:
        return list(dict.fromkeys(_facts(each) for each in report.environments))
    return [(*_started(report), *_facts(report.environment))]


def hash_rows(report: Report) -> list[tuple[str, str, str]]:
    """Of what, what, and its SHA-256: each once."""
    backends = Backends(report.records)
    return list(
        dict.fromkeys(
            (_of(record, key, backends), key, it)
            for record in report.records
            if record.gate.has_remarks
            for key, it in record.hashes.items()
        )
    )


def _started(report: Report) -> list[tuple[str, str]]:
    env = report.environment
    return [
        ("Started", env.started),
        ("Command", env.command),
        *(("Completed by", f"{run.command}, {run.started}") for run in report.appended),
        *((("Worker processes", str(env.workers)),) if env.workers else ()),
    ]


def _facts(env: Environment) -> tuple[tuple[str, str], ...]:
    return (
        ("Catalog", env.catalog),
        ("Provider, profile", f"{env.provider}, {env.profile}"),
        *((("Unproved", env.unproved),) if env.unproved else ()),
        ("CPU", f"{env.cpu}, {env.cores} cores"),
        ("Device", env.device),
        ("Threads", f"embedding {env.threads_embedding or 'all'}, latency {env.threads_latency}"),
        ("Platform", f"{env.platform}, Python {env.python}"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in env.versions.items())),
    )


def _of(record: Record, key: str, backends: Backends) -> str:
    """What a hash is of: the model, the set, or the case."""
    case = f"{record.model} {record.mode}{backends.on(record)}"
    return {"source": record.model, "dataset": record.dataset or ""}.get(key, case)
