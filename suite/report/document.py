"""The report: a pure function of a run's records."""

from collections.abc import Sequence

from suite.metrics import METRICS
from suite.records import Environment, Outcome, Record, Report
from suite.report.tables import ROW_HEADER, markdown, row_cells

MIB = 2**20
_USER_COLUMNS = ("accuracy", "tar_at_far_1e-3", "tar_at_far_1e-4", "roc_auc")


def make_report(
    environment: Environment, records: Sequence[Record], *, complete: bool, require_all: bool
) -> Report:
    """Conclude on a run.

    The verdict is fail where a gate failed, nothing was gated, the run did not end, or
    ``require_all`` and a gate could not decide.
    """
    counts = {o: sum(r.outcome is o for r in records) for o in Outcome}
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    reasons = []
    if counts[Outcome.FAIL]:
        reasons.append(f"{counts[Outcome.FAIL]} of {len(records)} gates failed")
    if not any(is_gated(record) for record in records):
        reasons.append("nothing was gated")
    if require_all and any(r.outcome.fails_when_all_required for r in records):
        reasons.append("--require-all: not every gate passed")
    if not complete:
        reasons.append("the run did not end")
    return Report(
        complete=complete,
        verdict=Outcome.FAIL if reasons else Outcome.PASS,
        summary=f"{'; '.join(reasons)} ({said})" if reasons else said,
        environment=environment,
        records=tuple(records),
    )


def is_gated(record: Record) -> bool:
    """Whether a record is of a gate that decided something."""
    decided = (Outcome.PASS, Outcome.FAIL, Outcome.UNDECIDED, Outcome.NOT_COMPARED)
    return record.gate != "latency" and record.outcome in decided


def to_markdown(report: Report) -> str:
    """The report as Markdown."""
    lines = [
        "# Quantization regression report",
        "",
        f"**{report.verdict.upper()}**: {report.summary}",
        "",
    ]
    lines += _failures(report.records)
    for model in dict.fromkeys(record.model for record in report.records):
        lines += _model(model, [r for r in report.records if r.model == model])
    lines += _undecided(report.records)
    lines += _environment(report)
    return "\n".join(lines).rstrip() + "\n"


def _failures(records: Sequence[Record]) -> list[str]:
    failed = [record for record in records if record.outcome is Outcome.FAIL]
    if not failed:
        return []
    lines = ["## What failed", ""]
    for record in failed:
        place = f" on {record.dataset}" if record.dataset else ""
        lines += [
            f"### {record.gate}: {record.model} {record.mode}{place}",
            "",
            record.headline,
            "",
        ]
        lines += [*(f"- {note}" for note in record.notes), *([""] if record.notes else [])]
        rows = [row for row in record.rows if row.outcome is Outcome.FAIL]
        if rows:
            lines += [*markdown(ROW_HEADER[:-1], [row_cells(row)[:-1] for row in rows]), ""]
        lines += [f"Reproduce: `{record.rerun}`", ""]
    return lines


def _model(model: str, records: Sequence[Record]) -> list[str]:
    lines = [f"## {model} ({records[0].family})", ""]
    skipped = {r.headline for r in records if r.outcome is Outcome.SKIPPED}
    lines += [*(f"Skipped: {reason}." for reason in sorted(skipped)), *([""] if skipped else [])]
    datasets = dict.fromkeys(r.dataset for r in records if r.gate == "verification")
    for dataset in datasets:
        rows = []
        for mode in dict.fromkeys(r.mode for r in records):
            cells = _mode_cells(mode, dataset, records)
            if cells:
                rows.append(cells)
        if rows:
            labels = [METRICS[name].label for name in _USER_COLUMNS]
            header = ("Model", *labels, "Size (MiB)", "Latency (ms)", "Mean cosine", "Worst cosine")
            lines += [f"On **{dataset}**:", "", *markdown(header, rows), ""]
            lines += _legend(records)
    return lines


def _legend(records: Sequence[Record]) -> list[str]:
    if not any(row.against == "baseline" for record in records for row in record.rows):
        return []
    return [
        "In parentheses: difference to FP32 of this run; in brackets: difference to the accepted "
        "baseline where it is not zero.",
        "",
    ]


def _mode_cells(
    mode: str, dataset: str | None, records: Sequence[Record]
) -> tuple[str, ...] | None:
    mine = [r for r in records if r.mode == mode]
    verification = _find(mine, "verification", dataset)
    if verification is None or verification.measured is None:
        return None
    artifact, fidelity = _find(mine, "artifact"), _find(mine, "fidelity", dataset)
    latency = next(
        (
            r
            for r in mine
            if r.gate == "latency" and r.measured and r.measured.identity["batch"] == 1
        ),
        None,
    )
    return (
        mode,
        *(_figure(verification, name) for name in _USER_COLUMNS),
        _size(artifact),
        _latency(latency),
        _figure(fidelity, "cosine_mean"),
        _figure(fidelity, "cosine_worst"),
    )


def _find(records: Sequence[Record], gate: str, dataset: str | None = None) -> Record | None:
    return next((r for r in records if r.gate == gate and r.dataset == dataset), None)


def _figure(record: Record | None, name: str) -> str:
    if record is None or record.measured is None or name not in record.measured.figures:
        return "–"
    digits = METRICS[name].digits
    value = record.measured.figures[name]
    text = f"{value:.{digits}f}"
    if name in record.measured.reference:
        text += f" ({value - record.measured.reference[name]:+.{digits}f})"
    return text + _moved(record, name, digits)


def _moved(record: Record, name: str, digits: int) -> str:
    for row in record.rows:
        if row.metric == name and row.against == "baseline" and row.difference:
            shown = f"{row.difference:+.{digits}f}"
            return f" [{shown}]" if float(shown) else ""
    return ""


def _size(record: Record | None) -> str:
    if record is None or record.measured is None:
        return "–"
    return f"{record.measured.figures['size_bytes'] / MIB:.2f}"


def _latency(record: Record | None) -> str:
    if record is None or record.measured is None:
        return "–"
    figures = record.measured.figures
    return f"{figures['latency_ms']:.2f} ({figures['speedup']:.2f} ×)"


def _undecided(records: Sequence[Record]) -> list[str]:
    shown = (Outcome.UNDECIDED, Outcome.NOT_COMPARED, Outcome.NOT_APPLICABLE, Outcome.DEFERRED)
    found = [record for record in records if record.outcome in shown]
    if not found:
        return []
    rows = [(r.gate, r.model, r.mode, r.dataset or "", str(r.outcome), r.headline) for r in found]
    header = ("Gate", "Model", "Mode", "Dataset", "Outcome", "Why")
    return ["## What was not decided", "", *markdown(header, rows), ""]


def _environment(report: Report) -> list[str]:
    env = report.environment
    rows = [
        ("Started", env.started),
        ("Command", f"`{env.command}`"),
        ("Catalog", env.catalog),
        ("Provider, profile", f"{env.provider}, {env.profile}"),
        ("CPU", f"{env.cpu}, {env.cores} cores"),
        ("Threads", f"embedding {env.threads_embedding or 'all'}, latency {env.threads_latency}"),
        ("Platform", f"{env.platform}, Python {env.python}"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in env.versions.items())),
    ]
    lines = ["## What was run where", "", *markdown(("", ""), rows), ""]
    hashes = []
    for record in report.records:
        if record.measured and record.gate in ("artifact", "verification"):
            for key, value in record.measured.identity.items():
                if isinstance(value, str):
                    hashes.append(
                        (f"{record.model} {record.mode}", record.dataset or "", key, value)
                    )
    if hashes:
        lines += ["<details><summary>Hashes</summary>", ""]
        lines += markdown(("Case", "Dataset", "What", "SHA-256"), list(dict.fromkeys(hashes)))
        lines += ["", "</details>", ""]
    return lines
