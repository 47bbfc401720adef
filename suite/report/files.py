"""The files of a report: ``report.json``, and those that a finished run writes beside it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from suite.catalog.errors import SuiteError, writing
from suite.catalog.files import write_whole
from suite.catalog.lock import Lock
from suite.report.html.page import to_html
from suite.report.layers import read_layers
from suite.report.layout import laid_out
from suite.report.markdown import to_markdown
from suite.report.metrics import to_metrics
from suite.report.model import Report
from suite.report.reading import REPORT
from suite.report.summary import to_summary
from suite.report.thresholds import to_thresholds

# By name, a pure function of the report that gives the text.
FILES: Mapping[str, Callable[[Report], str]] = {
    "report.md": to_markdown,
    "report.html": to_html,
    "summary.md": to_summary,
    "metrics.json": to_metrics,
    "thresholds.json": to_thresholds,
}


def write_json(folder: Path, report: Report) -> None:
    """Write ``report.json`` alone, into a folder that a lock keeps others from.

    Raises
    ------
    OSError
        where it cannot be written.
    """
    write_whole(folder / REPORT, laid_out(report), alone=True)


def write_report(folder: Path, report: Report) -> None:
    """Write the report with all its files; otherwise as `write_json`.

    They show what the folder holds of layers.
    ``report.json`` comes last: what goes wrong before it leaves one that says the run did not end.
    """
    shown = report.model_copy(update={"layers": read_layers(folder)})
    texts = {name: text_of(shown) for name, text_of in FILES.items()}
    for name, text in texts.items():
        write_whole(folder / name, text, alone=True)
    write_json(folder, report)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other runs from writing their report into a folder, which is made where it is not there.

    Raises
    ------
    SuiteError
        where another run writes there, or the system refuses what is written.
    """
    lock = Lock(folder / ".lock")
    try:
        with writing_report(folder):
            if not lock.acquire(wait=False):
                raise in_use(folder)
            yield
    finally:
        lock.release()


def in_use(folder: Path) -> SuiteError:
    """That another run writes into a folder."""
    return SuiteError(
        where=folder,
        what="another run writes its report there; wait for its end, or give another folder with "
        "--report-dir.",
    )


def writing_report(folder: Path) -> AbstractContextManager[None]:
    """Say what of a report the system does not let be written meanwhile."""
    other = "give another folder with --report-dir"
    return writing(folder, "cannot write the report there", other, SuiteError)
