"""The lines that close a run on the terminal."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from suite.catalog.errors import one_line
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.causes import causes
from suite.report.fitting import shortened
from suite.report.folder import ReportFolder
from suite.report.model import Report
from suite.report.names import NAMES
from suite.report.overview import overview_lines
from suite.report.reference import by_its_name
from suite.report.sections.acceptance import acceptance_lines, without_latency
from suite.report.sections.changed import changed_lines
from suite.report.sections.findings import findings_of
from suite.report.sections.on_top import on_top
from suite.report.sections.shipping import shipping_lines
from suite.report.speed_lines import speed_lines
from suite.report.verdict import is_gated

# Of the reasons why gates were not compared, so many are said.
_REASONS = 5
# Of what is red, so many causes are said, each in so many bytes.
_CAUSES = 5
_LINE = 400


def summary_lines(folder: ReportFolder, *, accepts: bool = False) -> list[str]:
    """What was accepted, which mode to ship, and what was not gated or not decided."""
    lines = acceptance_lines(folder.records)
    if accepts and not any(r.accepted or r.refused or r.baseline for r in folder.records):
        lines.append(
            "NOTHING WAS ACCEPTED: none of the gates that ran keeps a baseline; select others, or "
            "leave -k and -m out."
        )
    lines += shipping_lines(folder.report)
    lines += changed_lines(folder.report)
    lines += on_top(folder.report)
    for record in folder.records:
        if record.outcome is Outcome.UNDECIDED:
            place = f" on {record.dataset}" if record.dataset else ""
            said = (
                f"undecided: {record.gate} {record.model} {record.mode}{place}: {record.headline}"
            )
            lines += by_its_name([said], record.precision)
    lines += _not_compared(folder.records)
    lines += [f"finding: {said}" for said in findings_of(folder.records)]
    notes = {
        f"note: {record.model}{f' on {record.dataset}' if record.dataset else ''}: {remark}": None
        for record in folder.records
        if record.gate.has_remarks and record.measured
        for remark in by_its_name(record.measured.remarks, record.precision)
    }
    lines += notes
    lines += [f"not run: {node}" for node in folder.not_run]
    if not any(is_gated(record) for record in folder.records):
        lines.append("NOTHING WAS GATED: no gate compared anything; this run proves nothing.")
    if untimed := without_latency(folder.records):
        lines.append(untimed)
    if folder.report.environment.unproved:
        lines.append(folder.report.environment.unproved)
    return lines


def table_lines(folder: ReportFolder) -> list[str]:
    """The cases and the figures that matter of them, then how fast each mode is."""
    return [
        line
        for table in (overview_lines(folder.records), speed_lines(folder.records))
        if table
        for line in (*table, "")
    ]


def verdict_lines(report: Report, folder: Path) -> list[str]:
    """Why a report is red, the verdict with its figures, and where it is."""
    lines = [shortened(words, _LINE) for words in _red(report)]
    lines.append(report.concluded)
    lines.append(one_line(f"report: {folder / 'report.md'} and report.html"))
    if (folder / NAMES).exists():
        said = "has the images and people behind each name-…"
        lines.append(one_line(f"names: {folder / NAMES} {said}"))
    return lines


def _red(report: Report) -> list[str]:
    """A line for each cause of red gates, and for what failed besides."""
    found = causes(report.records)
    lines = []
    for each in found[:_CAUSES]:
        also = f" (also red with it: {each.counted})" if each.counted else ""
        lines.append(f"red: {each.place}, {each.root.gate}: {each.brief}{also}")
    if others := len(found) - len(lines):
        lines.append(f"red: {others} other causes, see report.md")
    return [*lines, *(f"red: {what}" for what in report.outside[:_CAUSES])]


def _not_compared(records: Sequence[Record]) -> list[str]:
    """Why gates were not compared, a line a reason, those that most gates have first."""
    why = Counter(r.headline for r in records if r.outcome is Outcome.NOT_COMPARED)
    return [
        f"not compared, {count} {'gate' if count == 1 else 'gates'}: {headline}"
        for headline, count in why.most_common(_REASONS)
    ]
