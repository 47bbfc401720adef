"""What was run where, and the hashes of what was at work."""

from suite.judging.record import Record
from suite.report.model import Report
from suite.report.tables import markdown


def environment(report: Report) -> list[str]:
    """The section, with the hashes folded away."""
    env = report.environment
    rows = [
        ("Started", env.started),
        ("Command", f"`{env.command}`"),
        *(("Completed by", f"`{run.command}`, {run.started}") for run in report.appended),
        *((("Worker processes", str(env.workers)),) if env.workers else ()),
        ("Catalog", env.catalog),
        ("Provider, profile", f"{env.provider}, {env.profile}"),
        *((("Unproved", env.unproved),) if env.unproved else ()),
        ("CPU", f"{env.cpu}, {env.cores} cores"),
        ("Device", env.device),
        ("Threads", f"embedding {env.threads_embedding or 'all'}, latency {env.threads_latency}"),
        ("Platform", f"{env.platform}, Python {env.python}"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in env.versions.items())),
    ]
    lines = ["## What was run where", "", *markdown(("", ""), rows), ""]
    hashes = dict.fromkeys(
        ({"source": record.model, "dataset": record.dataset or ""}.get(key, _case(record)), key, it)
        for record in report.records
        if record.gate.has_remarks
        for key, it in record.hashes.items()
    )
    if hashes:
        lines += ["<details><summary>Hashes</summary>", ""]
        lines += markdown(("Of", "What", "SHA-256"), list(hashes))
        lines += ["", "</details>", ""]
    return lines


def _case(record: Record) -> str:
    return f"{record.model} {record.mode}"
