"""Somebody's results made ``[[reference]]`` rows of a model's card."""

import argparse
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from suite.catalog.card_file import read_card
from suite.catalog.catalog import Catalog
from suite.catalog.errors import CatalogError, SuiteError, nearest, one_line
from suite.catalog.files import write_whole
from suite.catalog.folder import read_catalog
from suite.catalog.model_card import ModelCard, ReferenceRow
from suite.catalog.table import BLANK
from suite.entry_points.commands.arguments import add_catalog
from suite.entry_points.commands.card_text import quoted
from suite.entry_points.output import print_file
from suite.reference.claim import FIGURES, Claim
from suite.reference.doubts import Beside, doubts_of
from suite.reference.modes import says_gpu
from suite.reference.reading import read_results
from suite.reference.table import Known

_CARD = TypeAdapter(ModelCard)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, which of its tables, and where the rows go."""
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="results as JSON, or tables in Markdown"
    )
    add_catalog(parser)
    parser.add_argument("--table", metavar="WORDS", default="", help="of the heading of one table")
    parser.add_argument("--dataset", metavar="ID", help="the set; default: as the file says")
    parser.add_argument("--title", help="whose figures they are; default: the table's heading")
    parser.add_argument(
        "--card", metavar="CARD.toml", type=Path, help="add the rows to it; default: print them"
    )
    parser.add_argument(
        "--decimal-megabytes", action="store_true", help="MB is 10^6 bytes (default: 2^20)"
    )


def run(chosen: argparse.Namespace) -> int:
    """Print or write the rows; 1 where a cell could not be read."""
    path: Path | None = chosen.card
    card = read_card(path, _CARD) if path else None
    catalog = read_catalog(chosen.catalog or _catalog_of(path))
    if chosen.dataset and chosen.dataset not in catalog.datasets:
        hint = nearest(chosen.dataset, catalog.datasets)
        raise SuiteError(f"--dataset: there is no dataset {chosen.dataset!r}; {hint}.")
    known = Known(catalog.modes, catalog.datasets, chosen.decimal_megabytes)
    reading = read_results(chosen.file, known)
    claims = reading.claims
    if chosen.dataset:
        claims = tuple(replace(claim, dataset=chosen.dataset) for claim in claims)
    wanted = _of_table(claims, chosen.table, chosen.file)
    rows = [
        (claim, _row(claim, chosen.title or claim.about or chosen.file.name, doubts))
        for claim, doubts in _doubted(wanted, claims, catalog, card)
    ]
    for words in (*reading.remarks, *reading.mistakes):
        print(one_line(words), file=sys.stderr)
    if path is None or card is None:
        print_file("\n".join(_toml(rows)))
    elif reading.mistakes:
        raise SuiteError(where=path, what="nothing was added to it; mend the cells above first.")
    else:
        _add(path, card, rows)
    return 1 if reading.mistakes else 0


def _catalog_of(card: Path | None) -> Path | None:
    """The catalog that a card is in, None for the built-in one."""
    return card.absolute().parent.parent if card else None


def _of_table(claims: Sequence[Claim], words: str, path: Path) -> list[Claim]:
    """The rows of the tables whose headings begin with words, else of those that have them."""
    sought = words.lower()
    found = [claim for claim in claims if claim.about.lower().startswith(sought)]
    found = found or [claim for claim in claims if sought in f"{claim.about} {claim.table}".lower()]
    if words and not found:
        tables = dict.fromkeys(claim.about or claim.table for claim in claims)
        raise SuiteError(
            f"--table: no table with {words!r} in its heading in {path}; there are: "
            f"{'; '.join(tables)}."
        )
    return found


def _doubted(
    wanted: Sequence[Claim], claims: Sequence[Claim], catalog: Catalog, card: ModelCard | None
) -> Iterator[tuple[Claim, tuple[str, ...]]]:
    """Each row with what contradicts it."""
    kept = [claim for model in catalog.models.values() for claim in _kept(model)]
    for claim in wanted:
        table = [each for each in claims if each.table == claim.table]
        others = [each for each in claims if each.table != claim.table]
        own = card if card and card.published else None
        beside = Beside(table, [*others, *kept], own, _of_family(claim, catalog, card))
        yield claim, doubts_of(claim, beside)


def _of_family(claim: Claim, catalog: Catalog, card: ModelCard | None) -> list[ModelCard]:
    """The cards of a row's family, which its card or the words above it name; the first counts."""
    words = f"{claim.about} {claim.place}".lower()
    families = {model.family for model in catalog.models.values()}
    named = sorted((words.find(name), name) for name in families if name in words)
    family = card.family if card else (named[0][1] if named else None)
    return [model for model in catalog.models.values() if model.family == family]


def _kept(model: ModelCard) -> Iterator[Claim]:
    """The rows that a card has already."""
    for row in model.reference:
        figures = row.model_dump(by_alias=True, exclude_none=True, include=set(_FIELDS))
        yield Claim(
            place=str(model.card_file),
            table=model.id,
            about=f"{model.id} ({row.title})",
            mode=row.mode,
            dataset=row.dataset,
            on_gpu=says_gpu(row.title),
            figures=figures,
        )


_FIELDS = {name.replace("-", "_"): name for name in FIGURES}


def _row(claim: Claim, title: str, doubts: tuple[str, ...]) -> ReferenceRow:
    """The row; where nothing says the set, with a dataset that no card has yet."""
    shown = f"{title}, GPU" if claim.on_gpu and not says_gpu(title) else title
    given = {"mode": claim.mode, "title": shown, "doubts": doubts, **claim.figures}
    row = ReferenceRow.model_validate({**given, "dataset": claim.dataset or "unknown"})
    return row if claim.dataset else row.model_copy(update={"dataset": f"{BLANK}: a dataset's id"})


def _toml(rows: Sequence[tuple[Claim, ReferenceRow]]) -> Iterator[str]:
    table = None
    for claim, row in rows:
        if claim.table != table:
            yield f"# {quoted(claim.table)[1:-1]}"
            table = claim.table
        yield from _lines(row)


def _lines(row: ReferenceRow) -> Iterator[str]:
    yield "[[reference]]"
    yield f"mode = {quoted(row.mode)}"
    yield f"dataset = {quoted(row.dataset)}"
    yield f"title = {quoted(row.title)}"
    for field, name in _FIELDS.items():
        value = getattr(row, field)
        if value is not None:
            yield f"{quoted(name) if '-' in name else name} = {value!r}"
    if row.doubts:
        yield "doubts = ["
        yield from (f"    {quoted(words)}," for words in row.doubts)
        yield "]"
    yield ""


def _add(path: Path, card: ModelCard, rows: Sequence[tuple[Claim, ReferenceRow]]) -> None:
    """Append rows to a card, whose text stays as it is; nothing where anything is refused."""
    tables = dict.fromkeys(claim.about or claim.table for claim, _ in rows)
    if len(tables) > 1:
        raise SuiteError(
            f"--table: a card takes the rows of one table, and there are {len(tables)}; choose "
            f"one of: {'; '.join(tables)}."
        )
    here = {(row.mode, row.dataset, row.title) for row in card.reference}
    for claim, row in rows:
        if claim.dataset is None:
            raise SuiteError(
                where=claim.table, what="says not which set its figures are of; give --dataset=ID."
            )
        known = (row.mode, row.dataset, row.title)
        if known in here:
            raise CatalogError(
                where=path,
                what=f"has a row {row.mode!r} of {row.dataset!r} with the title {row.title!r} "
                "already; remove it, or give another --title.",
            )
        here.add(known)
    _append(path, "\n".join(line for _, row in rows for line in _lines(row)))
    print(f"{path}: rows added: {len(rows)}")
    for claim, row in rows:
        for words in row.doubts:
            print(f"{claim.place}: {row.mode}: {words}.")


def _append(path: Path, rows: str) -> None:
    before = path.read_bytes()
    text = before.decode("utf-8-sig").rstrip() + f"\n\n{rows}"
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise CatalogError(
            where=path,
            what="its rows of reference are an array on one line, to which no table can be "
            "added; write each as a table [[reference]].",
        ) from None
    ends = "\r\n" if b"\r\n" in before else "\n"
    added = text[len(before.decode("utf-8-sig").rstrip()) :].replace("\n", ends)
    write_whole(path, before.rstrip() + added.encode())
