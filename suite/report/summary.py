"""``summary.md``: a run on one screen, for a pull request."""

from collections.abc import Iterable, Iterator, Sequence

from suite.catalog.figures import FIGURES
from suite.judging.shipping.strain import in_words
from suite.report.backend import Backends
from suite.report.cases import CaseRow, rows
from suite.report.causes import Cause, causes, worst_row
from suite.report.fitting import Block, code, escaped, fitted, name, shortened
from suite.report.fp32_apart import fp32_apart
from suite.report.model import Report
from suite.report.open_reasons import open_reasons
from suite.report.reference import by_its_name
from suite.report.sections.changed import IDENTITY_OF, SINCE, foremost, green_identities
from suite.report.sections.findings import findings_of
from suite.report.sections.on_top import elsewhere
from suite.report.sections.providers import apart_in_words
from suite.report.sections.shipping import recommended
from suite.report.tables import signed

LIMIT_BYTES = 6 * 1024
_MIB = 2**20
# Of a sentence, so many bytes are shown; all of it is in report.md.
_SENTENCE = 300
_CASES = 80
# Of the places of merged runs, and of what their FP32s are apart, so many are said, each so long.
_PLACES = 3
_PLACE = 160
# A command is shown whole or not at all: half of one does something else.
_COMMAND = 500
_LEFT_OUT = "(left out here, it is long: see report.md)"
_BESIDE = "`report.md` beside this file"


def to_summary(report: Report, place: str = _BESIDE) -> str:
    """The summary: at most ``LIMIT_BYTES`` of UTF-8, of whole lines, what is worst first.

    ``place`` is where the full report is, in Markdown and on one line.
    """
    found = causes(report.records)
    several = [each for each in found if len(each.reds) > 1]
    single = [each for each in found if len(each.reds) == 1]
    blocks = [
        Block(tuple(_verdict(report))),
        _listed("Causes", [*map(_cause, several), *_findings(report)], "causes", first=5),
        _changed(report),
        _listed(
            "What else failed" if several else "What failed",
            [*map(_cause, single), *_elsewhere(report)],
            "failures",
            first=6,
        ),
        _listed("Which mode to ship", _shipping(report), "models", first=4, turn=2),
        _listed("Not decided", _undecided(report), "reasons", first=5, turn=2),
        _table(report),
        Block((*_commands(report, found), f"Full report: {_whole(place)}.")),
    ]
    return fitted(blocks, LIMIT_BYTES)


def _listed(title: str, items: Iterable[str], rest: str, *, first: int, turn: int = 0) -> Block:
    lines = tuple(f"- {item}" for item in items)
    return Block((f"### {title}", ""), lines, rest, first, turn) if lines else Block()


def _verdict(report: Report) -> Iterator[str]:
    """The verdict with a figure, and what a green one does not say."""
    yield f"## {report.verdict.upper()}: {_said(report.summary)}"
    if worst := worst_row(report.records):
        record, row = worst
        place = f"{record.model} {record.mode}{Backends(report.records).on(record)}"
        said = f"Worst: {place}: {in_words(row, record.dataset)}."
        yield from ("", *by_its_name([_said(said)], record.precision))
    elif nearest := _nearest(report):
        yield from ("", _said(nearest))
    if changed := green_identities(report):
        what = shortened(", ".join(changed), _CASES)
        yield from ("", f"**{IDENTITY_OF} {escaped(what)}** {SINCE}")
    yield from _places(report)


def _places(report: Report) -> Iterator[str]:
    """Where it was run: a line, or one for each place of the runs that were merged."""
    env = report.environment
    if not report.runs:
        yield from ("", _said(f"On {env.place}; {env.started}."))
        return
    count = len(report.runs)
    yield from ("", f"Merged of {count} {'run' if count == 1 else 'runs'}, on", "")
    yield from _few(dict.fromkeys(each.place for each in report.environments), "places")
    if apart := fp32_apart(report.records):
        yield ""
        yield from _few(apart_in_words(apart, Backends(report.records).names), "providers")


def _few(items: Iterable[str], rest: str) -> Iterator[str]:
    found = list(items)
    yield from (f"- {escaped(shortened(item, _PLACE))}" for item in found[:_PLACES])
    if len(found) > _PLACES:
        yield f"- … and {len(found) - _PLACES} more {rest}"


def _nearest(report: Report) -> str:
    """The figure that used up most of its limit, where all are within theirs."""
    row = next(iter(rows(report.records)), None)
    if row is None:
        return ""
    case = (row.model, row.mode, row.backend.provider, row.backend.profile)
    on = f" ({row.on})" if row.on else ""
    mine = [
        f"{row.model} {row.mode}{on}: {mode.nearest}"
        for each in report.recommended
        for mode in each.others
        if mode.nearest and (each.model, mode.mode, each.provider, each.profile) == case
    ]
    return f"Nearest to a limit: {mine[0]}." if mine else ""


def _cause(each: Cause) -> str:
    also = each.counted
    more = f" (also red with it: {also})" if also else ""
    place = escaped(shortened(each.place, 2 * _CASES))
    return f"**{place}**, {each.root.gate}: {_said(each.said)}{more}"


def _findings(report: Report) -> list[str]:
    return [_said(said) for said in findings_of(report.records)]


def _elsewhere(report: Report) -> Iterator[str]:
    """What is red and no gate's."""
    yield from map(_said, elsewhere(report))


def _changed(report: Report) -> Block:
    compared = report.compared
    if compared is None:
        return Block()
    if compared.why_not:
        said = f"{compared.why_not[0].upper()}{compared.why_not[1:]}"
        return Block((f"**{_said(said)}**",))
    if not compared.changes:
        return Block((_said(f"Cards and baselines are as in {compared.named}."),))
    items = [f"**{each.effect}**: {_said(each.said)}" for each in foremost(report)]
    title = f"Changed since {escaped(shortened(compared.named, _CASES))}"
    return _listed(title, items, "changes", first=6)


def _shipping(report: Report) -> Iterator[str]:
    for each, named in recommended(report):
        on = f" ({named})" if named else ""
        said = f"**{escaped(name(each.model))}**{escaped(on)}: {_said(each.headline)}"
        yield from by_its_name([said], each.precision)


def _undecided(report: Report) -> Iterator[str]:
    """A line a reason, with the outcome and how many gates it is of; what is worst first."""
    for reason in open_reasons(report):
        if not reason.places:
            yield _said(f"{reason.outcome}: {reason.said}")
            continue
        more = f" and {len(reason.places) - 1} more" if len(reason.places) > 1 else ""
        where = f"{escaped(shortened(reason.places[0], _CASES))}{more}"
        yield f"{reason.outcome}: {where}: {_said(reason.said)}"


def _table(report: Report) -> Block:
    """A row a model and mode, the worst first."""
    found = rows(report.records)
    if not found:
        return Block()
    tars = {row.tar_name for row in found if row.tar_name}
    (label,) = [FIGURES[tar].label for tar in tars] if len(tars) == 1 else ["TAR"]
    sets = {row.dataset for row in found if row.dataset}
    several = any(row.on for row in found)
    header = [
        *("Model", "Mode"),
        *(["Provider"] if several else []),
        *(["Set, the worst"] if len(sets) > 1 else []),
        *(label, "to FP32 (95 %)", "cosine, 1st pct.", "speed-up", "MiB", "outcome"),
    ]
    lines = [_row(row, with_set=len(sets) > 1, with_label=len(tars) > 1) for row in found]
    rule = "|".join(["---"] * (2 + several + (len(sets) > 1)) + ["---:"] * 5 + ["---"])
    head = (f"| {' | '.join(header)} |", f"|{rule}|")
    rest = f"models in modes{' on providers' if several else ''}, none of them worse"
    return Block(head, tuple(lines), rest, first=8, turn=1, table=True)


def _row(row: CaseRow, *, with_set: bool, with_label: bool) -> str:
    of_tar = f" ({FIGURES[row.tar_name].label})" if with_label and row.tar_name else ""
    cells = [
        *(name(row.model), name(row.mode)),
        *([name(row.on)] if row.on else []),
        *([name(row.dataset or "–")] if with_set else []),
        "–" if row.tar is None else f"{row.tar:.4f}{of_tar}",
        _to_fp32(row),
        "–" if row.cosine_1st_percentile is None else f"{row.cosine_1st_percentile:.4f}",
        "–" if row.speedup is None else str(row.speedup),
        "–" if row.size_bytes is None else f"{row.size_bytes / _MIB:.2f}",
        row.concluded,
    ]
    return f"| {' | '.join(map(escaped, cells))} |"


def _to_fp32(row: CaseRow) -> str:
    change = row.tar_change
    if change is None:
        return "–"
    said = signed(change.point, 4)
    if change.low == change.high:
        return said
    return f"{said} ({signed(change.low, 4)} … {signed(change.high, 4)})"


def _commands(report: Report, found: Sequence[Cause]) -> Iterator[str]:
    """What reproduces the first red gate, and the whole run; each in a line of its own.

    The runs that were merged have theirs in the full report.
    """
    if found:
        yield f"Reproduce {_command(found[0].root.rerun)}"
        yield ""
    if not report.runs:
        yield f"The whole run: {_command(report.environment.command)}"
        yield ""


def _whole(place: str) -> str:
    return place if len(place.encode()) <= _COMMAND else _BESIDE


def _command(words: str) -> str:
    said = code(words)
    return said if len(said.encode()) <= _COMMAND else _LEFT_OUT


def _said(words: str) -> str:
    return escaped(shortened(words, _SENTENCE))
