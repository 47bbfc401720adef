"""What qualifies a verdict, and so is said right under it."""

from collections.abc import Iterator

from suite.judging.outcome import Outcome
from suite.report.backend import Backends
from suite.report.model import Report

HOLDS_FACES = (
    "this report holds pictures of faces, which are biometric data: keep it as you keep the set, "
    "and upload it nowhere"
)
# Of what is left out one by one, and of failures outside, so many lines are shown.
_MOST = 10


def on_top(report: Report) -> list[str]:
    """What was skipped, left out, tried again, accepted and not judged, or failed elsewhere."""
    return list(dict.fromkeys(_lines(report)))


def _lines(report: Report) -> Iterator[str]:
    if report.holds_faces:
        yield HOLDS_FACES
    for unjudged in report.unjudged:
        yield f"accepted and not judged: {unjudged}"
    for reason in sorted({r.headline for r in report.records if r.outcome is Outcome.SKIPPED}):
        yield f"skipped: {reason}"
    if report.left_out:
        yield f"left out: {'; '.join(_shortened(report.left_out))}"
    for what in _shortened(report.outside):
        yield f"failed outside the gates: {what}"
    backends = Backends(report.records)
    for record in report.records:
        if record.attempts > 1:
            place = f" on {record.dataset}" if record.dataset else ""
            load = f" ({record.load})" if record.load else ""
            place += f"{load}{backends.on(record)}"
            said = "; ".join(note for note in record.notes if "attempt" in note)
            yield f"{record.gate} {record.model} {record.mode}{place}: {said}"


def elsewhere(report: Report) -> Iterator[str]:
    """What is red and no gate's."""
    for unjudged in report.unjudged:
        yield f"accepted and not judged: {unjudged}"
    for what in report.outside:
        yield f"failed outside the gates: {what}"


def _shortened(words: tuple[str, ...]) -> tuple[str, ...]:
    more = len(words) - _MOST
    return words if more <= 0 else (*words[:_MOST], f"and {more} more")
