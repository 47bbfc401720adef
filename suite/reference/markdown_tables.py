"""The tables of a Markdown text."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from suite.reference.table import RawRow, RawTable

_DIVIDER = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*")
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
        found = _HEADING.fullmatch(line)
        if found:
            heading, sources = _bare(found[1]), []
        elif _SOURCE.fullmatch(line):
            sources.append(line)
        elif _begins_table(lines, index):
            end = _end(lines, index + 2)
            yield _table(lines[index:end], index + 1, heading, [heading, *sources], path)
            index = end
            continue
        index += 1


def _begins_table(lines: Sequence[str], index: int) -> bool:
    following = lines[index + 1].strip() if index + 1 < len(lines) else ""
    return (
        "|" in lines[index]
        and _DIVIDER.fullmatch(following) is not None
        and len(_cells(lines[index])) == len(_cells(following))
    )


def _end(lines: Sequence[str], start: int) -> int:
    """The first line from a place on that is no row."""
    rest = range(start, len(lines))
    return next((index for index in rest if "|" not in lines[index]), len(lines))


def _table(
    lines: Sequence[str], first: int, heading: str, context: Sequence[str], path: Path
) -> RawTable:
    headers = tuple(_cells(lines[0]))
    rows = []
    for number, line in enumerate(lines[2:], start=first + 2):
        cells = _cells(line)
        named = dict(zip(headers, cells, strict=False))
        rows.append(RawRow(f"{path}: line {number}", cells[0] if cells else "", named))
    return RawTable(path, f"{path}: line {first}", heading, " ".join(context), headers, tuple(rows))


def _cells(line: str) -> list[str]:
    inner = re.sub(r"^\||(?<!\\)\|$", "", line.strip())
    return [_bare(cell.replace(r"\|", "|")) for cell in re.split(r"(?<!\\)\|", inner)]


def _bare(words: str) -> str:
    """Words without the marks of bold and code, and without a link's address."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", words.strip()).replace("**", "").replace("`", "")
