"""A table of results, whatever it was written in, made rows of figures."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from suite.catalog.errors import nearest
from suite.reference.claim import SHARES, Claim, Reading
from suite.reference.headers import Column, column_of, is_by_habit, unit_factor
from suite.reference.modes import dataset_of, mode_of, says_gpu
from suite.reference.numbers import Number, is_nothing, number


@dataclass(frozen=True)
class Known:
    """What the words of a table may mean.

    Attributes
    ----------
    modes, datasets : the ids that there are
    decimal_bytes : whether a megabyte is 10^6 bytes, and not 2^20
    """

    modes: Collection[str]
    datasets: Collection[str]
    decimal_bytes: bool = False


@dataclass(frozen=True)
class RawRow:
    """A row: where it is, what names it, and its cells by their headers."""

    place: str
    label: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class RawTable:
    """A table as it stands in a file.

    Attributes
    ----------
    file : the file that it is in
    place : that, and where in it
    about : the heading above it
    context : all words that say something of every row, the heading's among them
    drops_zeros : whether numbers end before their last zeros, as those of JSON do
    """

    file: Path
    place: str
    about: str
    context: str
    headers: tuple[str, ...]
    rows: tuple[RawRow, ...]
    drops_zeros: bool = False


# Every row is looked through for each column.
MOST_COLUMNS = 1_000
# MiB, or milliseconds: eleven days, a terabyte.
_LARGEST = 1e9


class _CellError(ValueError):
    """Why a cell cannot be read, in words that follow its content."""


def claims_of(table: RawTable, known: Known) -> Reading:
    """The rows of a table; nothing of one that has no figures.

    A cell that cannot be read is a mistake, and its row is left out; an unknown column is left out
    and named.
    """
    columns = _columns(table, known)
    if not any(column.figure for column in columns.values()):
        return Reading()
    modes = [_mode(row, columns, known) for row in table.rows]
    if not any(modes):
        words = f"no row names a mode ({', '.join(sorted(known.modes))})"
        return Reading(mistakes=(f"{table.place}: {words}; name it in the first column.",))
    percent = {
        header
        for header, column in columns.items()
        if column.kind == "share" and (column.percent or _all_above_1(table, header))
    }
    claims, mistakes = [], []
    for row, mode in zip(table.rows, modes, strict=True):
        if mode is None:
            hint = nearest(row.label, known.modes)
            mistakes.append(f"{row.place}: {row.label!r} is no mode; {hint}.")
            continue
        found, wrong = _claim(table, row, mode, columns, percent, known)
        mistakes += wrong
        claims += [found] if found else []
    if table.drops_zeros:
        claims = _with_zeros(claims)
    return Reading(tuple(claims), tuple(mistakes), tuple(_remarks(table, columns, known)))


def _with_zeros(claims: Sequence[Claim]) -> list[Claim]:
    """Rows whose shares have as many decimals as the one that has most: they were rounded alike."""
    most = max((each for claim in claims for each in claim.decimals.values()), default=0)
    return [replace(claim, decimals=dict.fromkeys(claim.decimals, most)) for claim in claims]


def _columns(table: RawTable, known: Known) -> dict[str, Column]:
    """The columns that are known, each figure's first one."""
    found: dict[str, Column] = {}
    for header in table.headers:
        column = column_of(header, decimal_bytes=known.decimal_bytes)
        if column is None:
            continue
        cells = [row.cells.get(header, "") for row in table.rows]
        said = [cell for cell in cells if not is_nothing(cell)]
        if column.kind == "share" and said and all(mode_of(cell, known.modes) for cell in said):
            column = Column("label")  # "точность" is both accuracy and precision
        if not column.figure or all(each.figure != column.figure for each in found.values()):
            found[header] = column
    return found


def _mode(row: RawRow, columns: Mapping[str, Column], known: Known) -> str | None:
    labels = [row.cells.get(h, "") for h, c in columns.items() if c.kind in ("model", "label")]
    named = (mode_of(words, known.modes) for words in (*labels, row.label))
    return next(filter(None, named), None)


def _all_above_1(table: RawTable, header: str) -> bool:
    """Whether the shares of a column can only be percentages."""
    values = []
    for row in table.rows:
        try:
            values.append(number(row.cells.get(header, "")).value)
        except ValueError:
            continue
    return bool(values) and min(values) > 1


def _claim(
    table: RawTable,
    row: RawRow,
    mode: str,
    columns: Mapping[str, Column],
    percent: Collection[str],
    known: Known,
) -> tuple[Claim | None, list[str]]:
    figures: dict[str, float] = {}
    decimals: dict[str, int] = {}
    mistakes = []
    for header, column in columns.items():
        cell = row.cells.get(header, "")
        if not column.figure or is_nothing(cell):
            continue
        try:
            given = number(cell)
            figures[column.figure] = _value(given, column, header in percent, known)
        except ValueError as error:
            mistakes.append(f"{row.place}, column {header!r}: {cell!r} {error}; mend it.")
            continue
        per_cent = header in percent or given.unit == "%"
        decimals[column.figure] = given.decimals + (2 if per_cent else 0)
    if mistakes or not figures:
        return None, mistakes
    words = [row.cells.get(h, "") for h, c in columns.items() if c.kind in ("device", "dataset")]
    own = " ".join((*words, row.label))
    models = (row.cells.get(h, "") for h, c in columns.items() if c.kind == "model")
    name = " ".join(words for words in models if words and not mode_of(words, known.modes))
    dataset = dataset_of(own, known.datasets) or dataset_of(table.context, known.datasets)
    return Claim(
        place=row.place,
        table=f"{table.place}, {name}" if name else table.place,
        about=": ".join(filter(None, (table.about, name))),
        mode=mode,
        dataset=dataset,
        on_gpu=says_gpu(f"{table.context} {own}"),
        figures={name: figures[name] for name in figures if name != "speedup"},
        decimals={name: decimals[name] for name in SHARES if name in decimals},
        speedup=figures.get("speedup"),
    ), []


def _value(given: Number, column: Column, percent: bool, known: Known) -> float:
    if column.kind == "share":
        if given.unit not in ("", "%"):
            raise _CellError(f"has the unit {given.unit!r} of no share")
        share = given.value / 100 if percent or given.unit == "%" else given.value
        if not 0 <= share <= 1:
            raise _CellError("is no share between 0 and 1, nor marked as a percentage")
        return round(share, 12)
    factor = column.factor or 1.0
    if given.unit:
        own = unit_factor(column.kind, given.unit, decimal_bytes=known.decimal_bytes)
        if own is None:
            raise _CellError(f"has the unit {given.unit!r}, which is none of a {column.kind}")
        factor = own
    value = float(round(given.value * factor, 6))
    if not 0 < value < _LARGEST:
        raise _CellError("must be above 0, and no larger than any file or time is")
    return value


def _remarks(table: RawTable, columns: Mapping[str, Column], known: Known) -> Iterator[str]:
    unknown = [repr(header) for header in table.headers if header.strip() and header not in columns]
    if unknown:
        yield (
            f"{table.place}: left out, because no [[reference]] row has it: {', '.join(unknown)}."
        )
    sizes = [header for header, column in columns.items() if column.kind == "size_mib"]
    cells = [row.cells.get(header, "") for header in sizes for row in table.rows]
    if not known.decimal_bytes and any(map(is_by_habit, [*sizes, *cells])):
        yield (
            f"{table.file}: MB was read as 2^20 bytes; give --decimal-megabytes where it is 10^6."
        )
    bare = _without_unit(table, columns)
    if bare:
        yield f"{table.place}: without a unit, taken as MiB and ms: {', '.join(map(repr, bare))}."


def _without_unit(table: RawTable, columns: Mapping[str, Column]) -> Sequence[str]:
    def bare(header: str) -> bool:
        return any(
            cell and cell.strip()[-1:].isdigit()
            for cell in (row.cells.get(header, "") for row in table.rows)
        )

    return [
        header
        for header, column in columns.items()
        if column.kind in ("size_mib", "latency_ms") and column.factor is None and bare(header)
    ]
