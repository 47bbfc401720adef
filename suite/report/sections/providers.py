"""Providers side by side: a row a figure of each model and mode, a column a provider."""

from collections.abc import Iterator, Mapping, Sequence

from suite.catalog.figures import FIGURES
from suite.catalog.gate import Gate
from suite.judging.record import Record
from suite.report.backend import Backend, Backends
from suite.report.cases import CaseRow, change_of, known_of, main_tars, rows
from suite.report.fp32_apart import Apart, fp32_apart
from suite.report.model import Report
from suite.report.reference import by_its_name
from suite.report.tables import markdown, signed

LEGEND = (
    "In parentheses: difference to FP32 of the same provider. FP32 itself is held against that of "
    "the first provider by the embeddings of fixed charts, as the fingerprint samples them."
)
NOT_SHARED = "No model was run on more than one of them."
_MIB = 2**20
_NONE = "–"
_NEAR = "cosine_1st_percentile"
_Cells = Iterator[tuple[str, list[str]]]


def providers(report: Report) -> list[str]:
    """The section; nothing where the report is of one provider and profile."""
    if not Backends(report.records).several:
        return []
    header, table = provider_table(report)
    lines = ["## Providers side by side", ""]
    if not table:
        return [*lines, NOT_SHARED, ""]
    return [*lines, LEGEND, "", *markdown(header, table), ""]


def provider_table(report: Report) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The header and rows of the models that several backends ran; no row where none did."""
    backends = Backends(report.records)
    by_model: dict[str, list[Record]] = {}
    for record in report.records:
        by_model.setdefault(record.model, []).append(record)
    rows = [
        tuple(by_its_name(cells, mine[0].precision))
        for mine in by_model.values()
        if len({backends.of(record) for record in mine}) > 1
        for cells in _of_model(mine, backends)
    ]
    return ("Model", "Mode", "Figure", *backends.names.values()), rows


def apart_in_words(apart: Sequence[Apart], names: Mapping[Backend, str]) -> Iterator[str]:
    """A sentence for each backend whose FP32 is held against another's, of the farthest model."""
    by_pair: dict[tuple[Backend, Backend], list[Apart]] = {}
    for each in apart:
        by_pair.setdefault((each.backend, each.other), []).append(each)
    for (backend, other), mine in by_pair.items():
        worst = min(mine, key=lambda each: (each.cosine, -each.difference))
        of = f"{worst.model}, the farthest of {len(mine)} models" if len(mine) > 1 else worst.model
        yield (
            f"FP32 by {names[backend]} and by {names[other]}, on fixed charts: cosine "
            f"{worst.cosine:.7f}, components apart by at most {worst.difference:.1e} ({of})"
        )


def _of_model(records: Sequence[Record], backends: Backends) -> Iterator[tuple[str, ...]]:
    """The rows of one model that any of its providers has a value of."""
    cases = {(row.mode, row.backend): row for row in rows(records)}
    measured = {
        (r.gate, r.mode, r.dataset, backends.of(r)): r
        for r in records
        if r.gate in (Gate.VERIFICATION, Gate.FIDELITY)
    }
    apart = {each.backend: each for each in fp32_apart(records)}
    of_fp32 = {r.mode for r in records if r.is_fp32}
    tars = main_tars(records)
    on = list(backends.records)
    for mode in dict.fromkeys(record.mode for record in records):
        mine = [cases.get((mode, backend)) for backend in on]
        found = [("outcome", [_cell(row and row.concluded) for row in mine])]
        if mode in of_fp32:
            found += _charts([apart.get(backend) for backend in on])
        for dataset in dict.fromkeys(r.dataset for r in records if r.dataset):
            verified, faithful = (
                [measured.get((gate, mode, dataset, backend)) for backend in on]
                for gate in (Gate.VERIFICATION, Gate.FIDELITY)
            )
            found += _on_set(dataset, tars.get(dataset), verified, faithful)
        found += _file_and_speed(mine)
        for label, cells in found:
            if any(cell != _NONE for cell in cells):
                yield records[0].model, mode, label, *cells


def _charts(apart: Sequence[Apart | None]) -> _Cells:
    yield "charts, cosine", [_cell(each and f"{each.cosine:.7f}") for each in apart]
    yield (
        "charts, largest difference",
        [_cell(each and f"{each.difference:.1e}") for each in apart],
    )
    if any(each and each.fed for each in apart):
        fed = [_cell(each and f"{each.fed:.1e}") for each in apart]
        yield "charts as they are fed, largest difference", fed


def _on_set(
    dataset: str,
    tar: str | None,
    verified: Sequence[Record | None],
    faithful: Sequence[Record | None],
) -> _Cells:
    if tar:
        yield f"{FIGURES[tar].label}, {dataset}", [_with_change(each, tar) for each in verified]
    near = [known_of(each, _NEAR) for each in faithful]
    yield (
        f"cosine to FP32, 1st percentile, {dataset}",
        [_NONE if value is None else f"{value:.4f}" for value in near],
    )


def _with_change(record: Record | None, name: str) -> str:
    value, change = known_of(record, name), change_of(record, name)
    if value is None:
        return _NONE
    return f"{value:.4f} ({signed(change.point, 4)})" if change else f"{value:.4f}"


def _file_and_speed(mine: Sequence[CaseRow | None]) -> _Cells:
    sizes = [row.size_bytes if row else None for row in mine]
    yield "size, MiB", [_cell(size and f"{size / _MIB:.2f}") for size in sizes]
    times = [row.latency_ms if row else None for row in mine]
    yield "latency p50, ms", [_cell(time and f"{time:.2f}") for time in times]
    yield "speed-up over FP32 (95 %)", [_cell(row and row.speedup) for row in mine]
    over_prepared = [_cell(row and row.speedup_over_prepared) for row in mine]
    yield "speed-up over fp32_prepared (95 %)", over_prepared


def _cell(value: object) -> str:
    return _NONE if value is None else str(value)
