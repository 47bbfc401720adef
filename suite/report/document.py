"""The report: a pure function of a run's records."""

from collections.abc import Sequence

from suite.metrics import METRICS
from suite.records import Appended, Beside, Environment, Outcome, Record, Report
from suite.report.certainty import certainty, flags
from suite.report.speed import placement, speed
from suite.report.tables import ROW_HEADER, markdown, row_cells, signed

MIB = 2**20
_USER_COLUMNS = ("accuracy", "tar_at_far_1e-3", "tar_at_far_1e-4", "roc_auc")
_ALL_PAIRS_COLUMNS = ("all_pairs_tar_at_far_1e-3", "all_pairs_tar_at_far_1e-4")


def make_report(
    environment: Environment,
    records: Sequence[Record],
    *,
    complete: bool,
    require_all: bool,
    planned: Sequence[str] = (),
    appended: Sequence[Appended] = (),
) -> Report:
    """Conclude on a run.

    The verdict is fail where a gate failed, nothing was gated, the run did not end, a planned gate
    has no record, or ``require_all`` and a gate could not decide. Records come in the order of the
    plan, whichever worker ended first.
    """
    place = {node: index for index, node in enumerate(planned)}
    records = sorted(records, key=lambda record: place.get(record.node, len(place)))
    recorded = {record.node for record in records}
    not_run = tuple(node for node in planned if node not in recorded)
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
    if not_run:
        reasons.append(f"{len(not_run)} of {len(planned)} gates did not run")
    return Report(
        complete=complete,
        verdict=Outcome.FAIL if reasons else Outcome.PASS,
        summary=f"{'; '.join(reasons)} ({said})" if reasons else said,
        environment=environment,
        appended=tuple(appended),
        not_run=not_run,
        records=tuple(records),
    )


def is_gated(record: Record) -> bool:
    """Whether a record is of a gate that decided something."""
    decided = (Outcome.PASS, Outcome.FAIL, Outcome.UNDECIDED, Outcome.NOT_COMPARED)
    recorded_only = record.gate == "latency" and not record.rows
    return record.outcome in decided and not recorded_only


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
    lines += _not_run(report.not_run)
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
        notes = [*record.notes, *flags(record.measured)]
        lines += [*(f"- {note}" for note in notes), *([""] if notes else [])]
        rows = [row for row in record.rows if row.outcome is Outcome.FAIL]
        if rows:
            lines += [*markdown(ROW_HEADER[:-1], [row_cells(row)[:-1] for row in rows]), ""]
        lines += [f"Reproduce: `{record.rerun}`", ""]
    return lines


def _model(model: str, records: Sequence[Record]) -> list[str]:
    lines = [f"## {model} ({records[0].family})", ""]
    skipped = {r.headline for r in records if r.outcome is Outcome.SKIPPED}
    lines += [*(f"Skipped: {reason}." for reason in sorted(skipped)), *([""] if skipped else [])]
    lines += _described([r for r in records if r.gate == "artifact"])
    lines += _remarks([r for r in records if r.gate == "artifact"])
    datasets = dict.fromkeys(r.dataset for r in records if r.gate == "verification")
    for dataset in datasets:
        columns = _columns(dataset, records)
        rows = []
        for mode in dict.fromkeys(r.mode for r in records):
            cells = _mode_cells(mode, dataset, records, columns)
            if cells:
                rows.append(cells)
                rows += _beside_cells(mode, dataset, records, columns)
        if rows:
            labels = [METRICS[name].label for name in columns]
            header = ("Model", *labels, "Size (MiB)", "Latency (ms)", "Mean cosine", "Worst cosine")
            own = [r for r in records if r.gate == "verification" and r.dataset == dataset]
            lines += [f"On **{dataset}**:", "", *_described(own), *markdown(header, rows), ""]
            lines += _legend(records)
            lines += _remarks(own) + certainty(own)
    return lines + speed(records) + placement(records) + _limits(records)


def _limits(records: Sequence[Record]) -> list[str]:
    """Every figure with the limit that it was held against."""
    rows = [
        (f"{record.gate} {record.mode}", record.dataset or "", *row_cells(row))
        for record in records
        for row in record.rows
    ]
    if not rows:
        return []
    return [
        f"<details><summary>All {len(rows)} figures and the limits they were held to</summary>",
        "",
        *markdown(("Gate", "Dataset", *ROW_HEADER), rows),
        "",
        "</details>",
        "",
    ]


def _legend(records: Sequence[Record]) -> list[str]:
    if not any(row.against == "baseline" for record in records for row in record.rows):
        return []
    return [
        "In parentheses: difference to FP32 of this run; in brackets: difference to the accepted "
        "baseline where it is not zero.",
        "",
    ]


def _columns(dataset: str | None, records: Sequence[Record]) -> tuple[str, ...]:
    measured = [r.measured for r in records if r.gate == "verification" and r.dataset == dataset]
    named = {name for m in measured if m for name in m.figures}
    return (*_USER_COLUMNS, *(name for name in _ALL_PAIRS_COLUMNS if name in named))


def _mode_cells(
    mode: str, dataset: str | None, records: Sequence[Record], columns: Sequence[str]
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
            if r.gate == "latency" and r.measured and r.measured.identity.get("batch") == 1
        ),
        None,
    )
    return (
        mode,
        *(_figure(verification, name) for name in columns),
        _size(artifact),
        _latency(latency),
        _figure(fidelity, "cosine_mean"),
        _figure(fidelity, "cosine_worst"),
    )


def _beside_cells(
    mode: str, dataset: str | None, records: Sequence[Record], columns: Sequence[str]
) -> list[tuple[str, ...]]:
    """The rows that the card gives of a mode, under our own."""
    record = _find([r for r in records if r.mode == mode], "verification", dataset)
    if record is None or record.measured is None:
        return []

    def cell(given: Beside, name: str, digits: int) -> str:
        return f"{given.figures[name]:.{digits}f}" if name in given.figures else "–"

    return [
        (
            f"{mode}, {given.title}",
            *(cell(given, name, METRICS[name].digits) for name in columns),
            cell(given, "size_mib", 2),
            cell(given, "latency_ms", 2),
            "–",
            "–",
        )
        for given in record.measured.beside
    ]


def _described(records: Sequence[Record]) -> list[str]:
    """What was measured, in words."""
    found = [words for r in records if r.measured for words in r.measured.described]
    return [*(f"- {words}" for words in found), ""] if found else []


def _remarks(records: Sequence[Record]) -> list[str]:
    """What a gate has to say of its figures, whatever the verdict."""
    found = [
        f"- **{record.mode}**: {remark}."
        for record in records
        if record.measured
        for remark in record.measured.remarks
    ]
    return [*found, ""] if found else []


def _find(records: Sequence[Record], gate: str, dataset: str | None = None) -> Record | None:
    return next((r for r in records if r.gate == gate and r.dataset == dataset), None)


def _figure(record: Record | None, name: str) -> str:
    if record is None or record.measured is None or name not in record.measured.figures:
        return "–"
    digits = METRICS[name].digits
    value = record.measured.figures[name]
    text = f"{value:.{digits}f}"
    if name in record.measured.reference:
        text += f" ({signed(value - record.measured.reference[name], digits)})"
    return text + _moved(record, name, digits)


def _moved(record: Record, name: str, digits: int) -> str:
    for row in record.rows:
        if row.metric == name and row.against == "baseline" and row.difference:
            shown = signed(row.difference, digits)
            return f" [{shown}]" if float(shown) else ""
    return ""


def _size(record: Record | None) -> str:
    if record is None or record.measured is None:
        return "–"
    return f"{record.measured.figures['size_bytes'] / MIB:.2f}"


def _latency(record: Record | None) -> str:
    if record is None or record.measured is None:
        return "–"
    known = {**record.measured.figures, **record.measured.observed}
    ratio = f" ({known['speedup']:.2f} ×)" if "speedup" in known else ""
    return f"{known['latency_ms']:.2f}{ratio}"


def _undecided(records: Sequence[Record]) -> list[str]:
    shown = (Outcome.UNDECIDED, Outcome.NOT_COMPARED, Outcome.NOT_APPLICABLE, Outcome.DEFERRED)
    found = [record for record in records if record.outcome in shown]
    if not found:
        return []
    rows = [
        (
            *(r.gate, r.model, r.mode, r.dataset or "", str(r.outcome)),
            r.headline.removeprefix(f"{r.outcome}: "),
        )
        for r in found
    ]
    header = ("Gate", "Model", "Mode", "Dataset", "Outcome", "Why")
    return ["## What was not decided", "", *markdown(header, rows), ""]


def _not_run(nodes: Sequence[str]) -> list[str]:
    if not nodes:
        return []
    return ["## What did not run", "", *(f"- `{node}`" for node in nodes), ""]


def _environment(report: Report) -> list[str]:
    env = report.environment
    rows = [
        ("Started", env.started),
        ("Command", f"`{env.command}`"),
        *(("Completed by", f"`{run.command}`, {run.started}") for run in report.appended),
        *((("Worker processes", str(env.workers)),) if env.workers else ()),
        ("Catalog", env.catalog),
        ("Provider, profile", f"{env.provider}, {env.profile}"),
        ("CPU", f"{env.cpu}, {env.cores} cores"),
        ("Device", env.device),
        ("Threads", f"embedding {env.threads_embedding or 'all'}, latency {env.threads_latency}"),
        ("Platform", f"{env.platform}, Python {env.python}"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in env.versions.items())),
    ]
    lines = ["## What was run where", "", *markdown(("", ""), rows), ""]
    hashes = [
        (f"{record.model} {record.mode}", record.dataset or "", key, value)
        for record in report.records
        if record.gate in ("artifact", "verification")
        for key, value in record.hashes.items()
    ]
    if hashes:
        lines += ["<details><summary>Hashes</summary>", ""]
        lines += markdown(("Case", "Dataset", "What", "SHA-256"), list(dict.fromkeys(hashes)))
        lines += ["", "</details>", ""]
    return lines
