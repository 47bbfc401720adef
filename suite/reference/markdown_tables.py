"""The tables of a Markdown text."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from suite.catalog.errors import SuiteError, shortened
from suite.reference.table import MOST_COLUMNS, RawRow, RawTable

_DIVIDER = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
# A link, whose parts are bounded so that a line of brackets takes no time by its square.
_LINK = re.compile(r"\[([^][]{0,500})\]\([^)[]{0,2000}\)")
# Lines below a heading that say where a table is from.
_SOURCE = re.compile(r"\W*(источник|source|файл|file)\b.*", re.IGNORECASE)


def tables_in(text: str, path: Path) -> Iterator[RawTable]:
    """Each table of a Markdown text, with the heading and the source's line above it."""
    lines = text.splitlines()
    heading = ""
    sources: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index].strip()
        found = _heading(line)
        if found is not None:
            heading, sources = shortened(_bare(found)), []
        elif _SOURCE.fullmatch(line):
            sources.append(line)
        elif _begins_table(lines, index):
            end = _end(lines, index + 2)
            yield _table(lines[index:end], index + 1, heading, [heading, *sources], path)
            index = end
            continue
        index += 1


def _heading(line: str) -> str | None:
    """The words of a heading; None of what is none."""
    words = line.lstrip("#")
    if not 1 <= len(line) - len(words) <= 6 or not words[:1].isspace():
        return None
    return words.strip().rstrip("#").rstrip()


def _begins_table(lines: Sequence[str], index: int) -> bool:
    following = lines[index + 1].strip() if index + 1 < len(lines) else ""
    return (
        "|" in lines[index]
        and _DIVIDER.fullmatch(following) is not None
        and len(_parts(lines[index])) == len(_parts(following))
    )


def _end(lines: Sequence[str], start: int) -> int:
    """The first line from a place on that is no row."""
    rest = range(start, len(lines))
    return next((index for index in rest if "|" not in lines[index]), len(lines))


def _table(
    lines: Sequence[str], first: int, heading: str, context: Sequence[str], path: Path
) -> RawTable:
    columns = len(_parts(lines[0]))
    if columns > MOST_COLUMNS:
        what = f"line {first} has {columns:,} columns; name a file of results."
        raise SuiteError(where=path, what=what)
    headers = tuple(_cells(lines[0]))
    rows = []
    for number, line in enumerate(lines[2:], start=first + 2):
        cells = _cells(line)
        named = dict(zip(headers, cells, strict=False))
        rows.append(RawRow(f"{path}: line {number}", cells[0] if cells else "", named))
    return RawTable(path, f"{path}: line {first}", heading, " ".join(context), headers, tuple(rows))


def _cells(line: str) -> list[str]:
    return [_bare(part.replace(r"\|", "|")) for part in _parts(line)]


def _parts(line: str) -> list[str]:
    inner = re.sub(r"^\||(?<!\\)\|$", "", line.strip())
    return re.split(r"(?<!\\)\|", inner)


def _bare(words: str) -> str:
    """Words without the marks of bold and code, and without a link's address."""
    return _LINK.sub(r"\1", words.strip()).replace("**", "").replace("`", "")
