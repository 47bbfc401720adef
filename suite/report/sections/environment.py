"""What was run where, and the hashes of what was at work."""

from suite.judging.record import Record
from suite.report.backend import Backends
from suite.report.model import Environment, Report
from suite.report.tables import markdown


def environment(report: Report) -> list[str]:
    """The section, with the hashes folded away."""
    lines = ["## What was run where", ""]
    if report.runs:
        lines += _runs(report)
        tables = list(dict.fromkeys(_rows(each) for each in report.environments))
    else:
        tables = [(*_started(report), *_rows(report.environment))]
    for rows in tables:
        lines += [*markdown(("", ""), rows), ""]
    return [*lines, *_hashes(report)]


def _started(report: Report) -> list[tuple[str, str]]:
    env = report.environment
    return [
        ("Started", env.started),
        ("Command", f"`{env.command}`"),
        *(("Completed by", f"`{run.command}`, {run.started}") for run in report.appended),
        *((("Worker processes", str(env.workers)),) if env.workers else ()),
    ]


def _runs(report: Report) -> list[str]:
    """A row for each run that was merged, and what completed it."""
    rows = []
    for run in report.runs:
        env = run.environment
        given = (env.command, *(each.command for each in run.appended))
        commands = "; then ".join(f"`{command}`" for command in given)
        of = f"{env.branch} {env.commit[:7]}".strip()
        said = f"{run.verdict.upper()}: {run.summary}"
        rows.append((env.started, f"{env.provider}, {env.profile}", of, said, commands))
    header = ("Started", "Provider, profile", "Commit", "Alone", "Command")
    return [f"Merged of {len(rows)} runs:", "", *markdown(header, rows), ""]


def _rows(env: Environment) -> tuple[tuple[str, str], ...]:
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


def _hashes(report: Report) -> list[str]:
    backends = Backends(report.records)
    hashes = dict.fromkeys(
        (_of(record, key, backends), key, it)
        for record in report.records
        if record.gate.has_remarks
        for key, it in record.hashes.items()
    )
    if not hashes:
        return []
    table = markdown(("Of", "What", "SHA-256"), list(hashes))
    return ["<details><summary>Hashes</summary>", "", *table, "", "</details>", ""]


def _of(record: Record, key: str, backends: Backends) -> str:
    """What a hash is of: the model, the set, or the case."""
    case = f"{record.model} {record.mode}{backends.on(record)}"
    return {"source": record.model, "dataset": record.dataset or ""}.get(key, case)
