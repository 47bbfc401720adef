"""How ``report.json`` is laid out: a key a line, and a list of numbers on one."""

import re
from collections.abc import Iterator

from suite.judging.part import Frozen
from suite.report.model import Report

# No text in JSON has a line's end, which is escaped in it: what lies between these is structure.
_NUMBERS = re.compile(r"\[\n( +-?\d[^\[\]{}\"]*)\]")
_INDENT = 2


def laid_out(report: Report) -> Iterator[str]:
    """The text of ``report.json``, part by part, so that no large one is ever whole in memory."""
    head, _, end = _text(report.model_copy(update={"records": ()})).rpartition('"records": []')
    yield f'{head}"records": ['
    pad = "\n" + " " * 2 * _INDENT
    for index, record in enumerate(report.records):
        yield f"{',' if index else ''}{pad}{_text(record).replace(chr(10), pad)}"
    yield f"{pad[: 1 + _INDENT] if report.records else ''}]{end}\n"


def _text(part: Frozen) -> str:
    text = part.model_dump_json(indent=_INDENT)
    return _NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text)
