"""Why gates came to no verdict, a reason once: what a green run does not say."""

from collections.abc import Iterator
from dataclasses import dataclass

from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.backend import Backends
from suite.report.cases import SEVERITY
from suite.report.model import Report
from suite.report.reference import by_its_name


@dataclass(frozen=True)
class OpenReason:
    """A reason with the gates that it is of.

    Attributes
    ----------
    outcome : what they concluded, or that they did not run, were left out or tried again
    places : each gate with its case, once; none where the reason names them itself
    said : the reason
    """

    outcome: str
    places: tuple[str, ...]
    said: str


def open_reasons(report: Report) -> Iterator[OpenReason]:
    """What did not run, then each outcome's reasons, the worst first and those of most gates."""
    for node in report.not_run:
        yield OpenReason("not run", (), node)
    backends = Backends(report.records)
    alike: dict[tuple[int, str], list[Record]] = {}
    for record in report.records:
        if record.outcome not in (Outcome.PASS, Outcome.FAIL):
            (said,) = by_its_name([record.headline], record.precision)
            alike.setdefault((SEVERITY.index(record.outcome), said), []).append(record)
    for (severity, said), of in sorted(alike.items(), key=lambda each: (each[0][0], -len(each[1]))):
        places = dict.fromkeys(_gate(record, backends) for record in of)
        yield OpenReason(str(SEVERITY[severity]), tuple(places), said)
    if report.left_out:
        yield OpenReason("left out", (), "; ".join(report.left_out))
    for record in report.records:
        if record.attempts > 1:
            said = "; ".join(note for note in record.notes if "attempt" in note)
            yield OpenReason("tried again", (_gate(record, backends),), said)


def _gate(record: Record, backends: Backends) -> str:
    load = f" {record.load}" if record.load and record.load != record.gate else ""
    on = f" on {record.dataset}" if record.dataset else ""
    return f"{record.gate}{load} {record.model} {record.mode}{on}{backends.on(record)}"
