"""One model: a table a dataset, the rows that others measured beside ours."""

from collections.abc import Sequence

from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.judging.record import Against, Record
from suite.report.reference import by_its_name
from suite.report.sections.beside import beside_remarks, beside_rows
from suite.report.sections.calibration import calibration
from suite.report.sections.certainty import certainty
from suite.report.sections.eased import eased
from suite.report.sections.fidelity import recipe_and_runtime
from suite.report.sections.placement import placement
from suite.report.sections.speed import over_the_faster, speed
from suite.report.sections.steps import steps
from suite.report.tables import ROW_HEADER, markdown, row_cells, signed

MIB = 2**20


def model_section(model: str, records: Sequence[Record], runtime: str, on: str = "") -> list[str]:
    """The section of one model, timed under this version of onnxruntime.

    ``on`` is what its provider is called beside others of the report.
    """
    lines = [f"## {model} ({records[0].family}{f', on {on}' if on else ''})", ""]
    skipped = {r.headline for r in records if r.outcome is Outcome.SKIPPED}
    lines += [*(f"Skipped: {reason}." for reason in sorted(skipped)), *([""] if skipped else [])]
    lines += _described([r for r in records if r.gate is Gate.ARTIFACT])
    lines += _remarks([r for r in records if r.gate is Gate.ARTIFACT])
    datasets = dict.fromkeys(r.dataset for r in records if r.gate is Gate.VERIFICATION)
    for dataset in datasets:
        header, rows = set_table(dataset, records)
        if rows:
            own = [r for r in records if r.gate is Gate.VERIFICATION and r.dataset == dataset]
            lines += [f"On **{dataset}**:", "", *_described(own), *markdown(header, rows), ""]
            lines += _legend(records) + beside_remarks(own)
            lines += _remarks(own) + certainty(own)
    lines += recipe_and_runtime(records) + calibration(records) + steps(records) + eased(records)
    lines += speed(records, runtime) + placement(records) + _limits(records)
    return by_its_name(lines, records[0].precision)


def set_table(
    dataset: str | None, records: Sequence[Record]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The header and rows of one model on one set, a row a mode and those others measured."""
    columns = _columns(dataset, records)
    rows = []
    for mode in dict.fromkeys(r.mode for r in records):
        cells = _mode_cells(mode, dataset, records, columns)
        if cells:
            rows.append(cells)
            own = _find([r for r in records if r.mode == mode], Gate.VERIFICATION, dataset)
            rows += beside_rows(own, columns) if own else []
    labels = [FIGURES[name].label for name in columns]
    near = ("Mean cosine", "1st percentile", "Worst")
    return ("Model", *labels, "Size (MiB)", "Latency (ms)", *near), rows


def _limits(records: Sequence[Record]) -> list[str]:
    """How many figures are within their limits, and each that is not with its limit."""
    held = [
        (record, row)
        for record in records
        for row in record.rows
        if row.outcome is not Outcome.NOT_APPLICABLE  # the set does not resolve it
    ]
    rows = [
        (f"{record.gate} {record.mode}", record.dataset or "", *row_cells(row))
        for record, row in held
        if row.outcome is not Outcome.PASS
    ]
    if not held:
        return []
    within = f"{len(held) - len(rows)} of {len(held)} figures are within their limits"
    if not rows:
        return [f"{within}; `report.json` has each.", ""]
    return [
        f"<details><summary>{within}; those that are not</summary>",
        "",
        *markdown(("Gate", "Dataset", *ROW_HEADER), rows),
        "",
        "</details>",
        "",
    ]


def _legend(records: Sequence[Record]) -> list[str]:
    if not any(row.against is Against.BASELINE for record in records for row in record.rows):
        return []
    return [
        "In parentheses: difference to FP32 of this run; in brackets: difference to the accepted "
        "baseline where it is not zero.",
        "",
    ]


def _columns(dataset: str | None, records: Sequence[Record]) -> tuple[str, ...]:
    measured = [r.measured for r in records if r.gate is Gate.VERIFICATION and r.dataset == dataset]
    named = {name for m in measured if m for name in m.figures}
    return tuple(
        name
        for when in ("always", "measured")
        for name, figure in FIGURES.items()
        if figure.column == when and (when == "always" or name in named)
    )


def _mode_cells(
    mode: str, dataset: str | None, records: Sequence[Record], columns: Sequence[str]
) -> tuple[str, ...] | None:
    mine = [r for r in records if r.mode == mode]
    verification = _find(mine, Gate.VERIFICATION, dataset)
    if verification is None or verification.measured is None:
        return None
    artifact, fidelity = _find(mine, Gate.ARTIFACT), _find(mine, Gate.FIDELITY, dataset)
    latency = next(
        (
            r
            for r in mine
            if r.gate is Gate.LATENCY and r.measured and r.measured.identity.get("batch") == 1
        ),
        None,
    )
    return (
        mode,
        *(_figure(verification, name) for name in columns),
        _size(artifact),
        _latency(latency),
        _figure(fidelity, "cosine_mean"),
        _figure(fidelity, "cosine_1st_percentile"),
        _figure(fidelity, "cosine_worst"),
    )


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
        for remark in record.measured.said
    ]
    return [*found, ""] if found else []


def _find(records: Sequence[Record], gate: Gate, dataset: str | None = None) -> Record | None:
    return next((r for r in records if r.gate is gate and r.dataset == dataset), None)


def _figure(record: Record | None, name: str) -> str:
    known = {} if record is None or record.measured is None else record.measured.known
    if record is None or record.measured is None or name not in known:
        return "–"
    digits, value = FIGURES[name].digits, known[name]
    text = f"{value:.{digits}f}"
    if name in record.measured.fp32:
        text += f" ({signed(value - record.measured.fp32[name], digits)})"
    return text + _moved(record, name, digits)


def _moved(record: Record, name: str, digits: int) -> str:
    for row in record.rows:
        if row.metric == name and row.against is Against.BASELINE and row.difference:
            shown = signed(row.difference, digits)
            return f" [{shown}]" if float(shown) else ""
    return ""


def _size(record: Record | None) -> str:
    figures = record.measured.figures if record and record.measured else {}
    return f"{figures['size_bytes'] / MIB:.2f}" if "size_bytes" in figures else "–"


def _latency(record: Record | None) -> str:
    if record is None or record.measured is None:
        return "–"
    known = record.measured.known
    if "latency_ms" not in known:
        return "–"
    ratio = over_the_faster(record.measured)
    return f"{known['latency_ms']:.2f}{f' ({ratio})' if ratio else ''}"
